/* SPDX-License-Identifier: MIT */
/* The least that these libraries can do: a FastCGI program that passes each
 * request on to Kimi over a kept connection, and the answer back once question
 * and answer are committed. FLOOR_URL is Kimi's, FLOOR_DB the database. */
#include <curl/curl.h>
#include <fcgiapp.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 65536

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	"CREATE TABLE turns (question TEXT NOT NULL, answer TEXT NOT NULL)";
static const char insert[] = "INSERT INTO turns VALUES (?, ?)";

struct body {
	char at[BODY_MAX];
	int n;
};

static size_t on_answer(char *p, size_t size, size_t n, void *answer)
{
	struct body *b = answer;

	if (size * n > sizeof(b->at) - (size_t)b->n)
		return 0;
	memcpy(b->at + b->n, p, size * n);
	b->n += (int)(size * n);
	return n;
}

static bool ask(CURL *kimi, const struct body *question, struct body *answer)
{
	answer->n = 0;
	curl_easy_setopt(kimi, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(kimi, CURLOPT_POSTFIELDS, question->at);
	curl_easy_setopt(kimi, CURLOPT_POSTFIELDSIZE, (long)question->n);
	return curl_easy_perform(kimi) == CURLE_OK;
}

static bool keep(sqlite3_stmt *s, const struct body *question,
		 const struct body *answer)
{
	bool good;

	sqlite3_bind_text(s, 1, question->at, question->n, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, answer->at, answer->n, SQLITE_STATIC);
	good = sqlite3_step(s) == SQLITE_DONE;
	return sqlite3_reset(s) == SQLITE_OK && good;
}

int main(void)
{
	static struct body question, answer;
	struct curl_slist *head = NULL;
	FCGX_Request request;
	sqlite3_stmt *s;
	sqlite3 *db;
	CURL *kimi;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0 ||
	    sqlite3_open(getenv("FLOOR_DB"), &db) != SQLITE_OK ||
	    sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, insert, -1, &s, NULL) != SQLITE_OK ||
	    (kimi = curl_easy_init()) == NULL)
		return EXIT_FAILURE;
	head = curl_slist_append(head, "Authorization: Bearer sk-bench");
	head = curl_slist_append(head, "Content-Type: application/json");
	curl_easy_setopt(kimi, CURLOPT_URL, getenv("FLOOR_URL"));
	curl_easy_setopt(kimi, CURLOPT_HTTPHEADER, head);
	curl_easy_setopt(kimi, CURLOPT_WRITEFUNCTION, on_answer);
	while (FCGX_Accept_r(&request) == 0) {
		question.n = FCGX_GetStr(question.at, BODY_MAX, request.in);
		if (ask(kimi, &question, &answer) &&
		    keep(s, &question, &answer)) {
			FCGX_PutS("Content-Type: application/json\r\n\r\n",
				  request.out);
			FCGX_PutStr(answer.at, answer.n, request.out);
		}
		FCGX_Finish_r(&request);
	}
	return EXIT_SUCCESS;
}
