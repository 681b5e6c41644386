/* SPDX-License-Identifier: MIT */
/* URLs that clients name: which are fetched, from where, and which never. */
#include "tests/unit/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "http/address.h"
#include "http/fetch.h"
#include "http/resolve.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/skipped_time.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage out = { 0 };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&out, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&out, &v6, sizeof(v6));
	else
		fail_msg("%s", text);
	return out;
}

static void private_addresses_are_not_public(void **state)
{
	static const char *const own[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.100.100.200",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"168.63.129.16",
		"169.254.0.0",
		"169.254.169.254",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.1",
		"192.0.0.192",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.1",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.255",
		"224.0.0.1",
		"239.255.255.250",
		"240.0.0.1",
		"255.255.255.255",
		/* IPv6. */
		"::",
		"::1",
		"fc00::1",
		"fd00:ec2::254",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff02::1",
		"ff0e::1",
		"100::1",
		"2001:db8::1",
		"2001:2::1",
		"2001:10::1",
		"3fff::1",
		"5f00::1",
		"4000::1",
		"1fff::1",
		"64:ff9b:1::808:808",
		/* IPv6 with an IPv4 address inside. */
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"::ffff:0.0.0.0",
		"::ffff:169.254.169.254",
		"::127.0.0.1",
		"::10.0.0.1",
		"::8.8.8.8",
		"64:ff9b::127.0.0.1",
		"64:ff9b::a9fe:a9fe",
		"2002:7f00:1::1",
		"2002:a00:1::",
		"2002:c0a8:101::1",
		"2002:a9fe:a9fe::1",
		/* Teredo: its server and, inverted, its client. */
		"2001:0:7f00:1::",
		"2001::f5ff:fffe",
		"2001:0:808:808::1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(own); i++) {
		struct sockaddr_storage a = address_of(own[i]);

		if (address_is_public((struct sockaddr *)&a))
			fail_msg("%s is public", own[i]);
	}
}

static void other_addresses_are_public(void **state)
{
	static const char *const others[] = {
		"1.1.1.1",
		"8.8.8.8",
		"9.255.255.255",
		"11.0.0.0",
		"100.63.255.255",
		"100.128.0.0",
		"126.255.255.255",
		"128.0.0.0",
		"168.63.129.15",
		"169.253.255.255",
		"169.255.0.0",
		"172.15.255.255",
		"172.32.0.0",
		"192.0.1.0",
		"192.0.3.0",
		"192.167.255.255",
		"192.169.0.0",
		"198.17.255.255",
		"198.20.0.0",
		"223.255.255.255",
		"2606:4700::1111",
		"2a00:1450:4001::1",
		"2400:cb00::1",
		"2001:200::1",
		"2001:4860:4860::8888",
		"2003::1",
		"3ffe::1",
		"::ffff:8.8.8.8",
		"64:ff9b::8.8.8.8",
		"2002:808:808::1",
	};
	struct sockaddr other = { .sa_family = AF_UNIX };

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct sockaddr_storage a = address_of(others[i]);

		if (!address_is_public((struct sockaddr *)&a))
			fail_msg("%s is not public", others[i]);
	}
	assert_false(address_is_public(&other));
}

/* What counts is what the resolver makes of a spelling. */
static void no_spelling_of_loopback_is_public(void **state)
{
	static const char *const spellings[] = {
		"127.0.0.1",	"127.1",	   "2130706433",
		"0x7f000001",	"0x7f.1",	   "0177.0.0.1",
		"017700000001", "127.0.0.1",	   "::ffff:127.0.0.1",
		"localhost",	"0:0:0:0:0:0:0:1", "0",
		"0.0.0.0",	"::ffff:7f00:1",   "127.000.000.001",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++) {
		struct sockaddr_storage list[RESOLVE_MAX];
		size_t n = resolve_host(spellings[i], list, RESOLVE_MAX);

		for (size_t k = 0; k < n; k++)
			if (address_is_public((struct sockaddr *)&list[k]))
				fail_msg("%s", spellings[i]);
	}
}

/* A small Internet: hosts and their pages. */
struct host {
	const char *name, *addresses[4];
};

struct page {
	const char *url;
	long status;
	const char *redirect, *type, *body;
};

static const struct host hosts[] = {
	{ "good.example", { "93.184.216.34", "2606:2800::1" } },
	{ "other.example", { "8.8.4.4" } },
	{ "mixed.example", { "8.8.8.8", "10.0.0.1" } },
	{ "inner.example", { "192.168.1.1" } },
	{ "half.example", { "1.2.3.4", "5.6.7.8" } },
	{ "127.0.0.1", { "127.0.0.1" } },
	{ "2130706433", { "127.0.0.1" } },
	{ "0x7f.1", { "127.0.0.1" } },
	{ "::ffff:127.0.0.1", { "::ffff:127.0.0.1" } },
	{ "::1", { "::1" } },
	{ "2606:2800::1", { "2606:2800::1" } },
};

static const struct page pages[] = {
	{ "https://good.example/a.png", 200, NULL, "image/png", "PNG!" },
	{ "https://good.example", 200, NULL, "", "root" },
	{ "https://good.example:443/p?q=a@b#c", 200, NULL, "a/b", "port" },
	{ "HTTPS://GOOD.example/", 200, NULL, "a/b", "case" },
	{ "https://[2606:2800::1]/", 200, NULL, "a/b", "six" },
	{ "https://half.example/", 200, NULL, "a/b", "second" },
	{ "https://good.example/to-other", 302, "https://other.example/x", NULL,
	  NULL },
	{ "https://other.example/x", 200, NULL, "a/b", "other" },
	{ "https://good.example/to-inner", 301, "https://inner.example/", NULL,
	  NULL },
	{ "https://good.example/to-http", 307, "http://other.example/x", NULL,
	  NULL },
	{ "https://good.example/to-port", 308, "https://other.example:22/",
	  NULL, NULL },
	{ "https://good.example/loop", 302, "https://good.example/loop", NULL,
	  NULL },
	{ "https://good.example/1", 302, "https://good.example/2", NULL, NULL },
	{ "https://good.example/2", 302, "https://good.example/3", NULL, NULL },
	{ "https://good.example/3", 302, "https://good.example/a.png", NULL,
	  NULL },
	{ "https://good.example/none", 404, NULL, "text/html", "no" },
	{ "https://good.example/nowhere", 302, NULL, NULL, NULL },
	{ "https://good.example/large", 200, NULL, "a/b", "0123456789+" },
	{ "https://good.example/limit", 200, NULL, "a/b", "0123456789" },
};

static size_t resolve(const char *name, struct sockaddr_storage *list,
		      size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(hosts); i++)
		for (; strcasecmp(hosts[i].name, name) == 0 && n < max &&
		       hosts[i].addresses[n] != NULL;
		     n++)
			list[n] = address_of(hosts[i].addresses[n]);
	return n;
}

struct world {
	struct http_client client;
	struct arena *arena;
	unsigned requests;
	const char *addresses; /* connected to, in order */
	const char *body, *type;
	struct error error;
	bool leaves; /* the client, before the response */
};

static bool answer_page(const struct page *page, const struct http_call *call,
			struct http_reply *reply)
{
	size_t n = page->body == NULL ? 0 : strlen(page->body);

	reply->status = page->status;
	if (page->redirect != NULL)
		buf_puts(call->redirect, page->redirect);
	if (page->type != NULL)
		memcpy(reply->type, page->type, strlen(page->type) + 1);
	for (size_t i = 0; i < n && page->status == 200; i += 3)
		if (call->on_bytes(call->ctx, page->body + i,
				   n - i < 3 ? n - i : 3) != FLOW_CONTINUE)
			return false;
	return true;
}

static bool play(struct http_client *c, const struct http_call *call,
		 struct http_reply *reply, struct error *e)
{
	struct world *w = c->tape;

	w->requests++;
	w->addresses =
		arena_printf(w->arena, "%s%s ", w->addresses, call->address);
	assert_null(call->bearer);
	assert_null(call->headers);
	assert_true(call->max_ms > 0 && call->abandon == HTTP_ABANDON_AT_ONCE);
	if (w->leaves)
		return error_set(e, ERROR_CLIENT_GONE, "The client left.");
	if (strcmp(call->address, "1.2.3.4") == 0)
		return error_set(e, ERROR_UPSTREAM, "no route");
	for (size_t i = 0; i < COUNT(pages); i++)
		if (strcmp(pages[i].url, call->url) == 0)
			return answer_page(&pages[i], call, reply);
	fail_msg("%s was fetched", call->url);
	return false;
}

static struct world fetched(struct arena *a, const char *url, bool leaves)
{
	struct world w = { .arena = a, .addresses = "", .leaves = leaves };
	struct spool spool;
	struct fetch f = { .http = &w.client,
			   .arena = a,
			   .max = 10,
			   .max_ms = 1000,
			   .to = &spool };
	struct error ignored;
	char *body;

	w.client = (struct http_client){
		.send = play,
		.resolve = resolve,
		.tape = &w,
	};
	w.error.kind = ERROR_KINDS;
	assert_true(spool_open(&spool, files_folder(a), &ignored));
	if (http_fetch(&f, url, &w.error)) {
		body = arena_alloc(a, (size_t)spool.size + 1);
		assert_true(spool_read(&spool, 0, body, (size_t)spool.size,
				       &ignored));
		w.body = body;
		w.type = f.type;
	}
	spool_close(&spool);
	return w;
}

static void public_urls_are_fetched(void **state)
{
	static const char *const rows[][3] = {
		{ "https://good.example/a.png", "PNG!", "93.184.216.34 " },
		{ "https://good.example", "root", "93.184.216.34 " },
		{ "https://good.example:443/p?q=a@b#c", "port",
		  "93.184.216.34 " },
		{ "HTTPS://GOOD.example/", "case", "93.184.216.34 " },
		{ "https://[2606:2800::1]/", "six", "2606:2800::1 " },
		{ "https://half.example/", "second", "1.2.3.4 5.6.7.8 " },
		{ "https://good.example/to-other", "other",
		  "93.184.216.34 8.8.4.4 " },
		{ "https://good.example/1", "PNG!",
		  "93.184.216.34 93.184.216.34 93.184.216.34 93.184.216.34 " },
		{ "https://good.example/limit", "0123456789",
		  "93.184.216.34 " },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w = fetched(*state, rows[i][0], false);

		if (w.body == NULL)
			fail_msg("%s: %s", rows[i][0], w.error.message);
		assert_string_equal(w.body, rows[i][1]);
		assert_string_equal(w.addresses, rows[i][2]);
	}
	assert_string_equal(
		fetched(*state, "https://good.example/a.png", false).type,
		"image/png");
}

static void other_urls_are_refused_without_a_connection(void **state)
{
	static const char *const urls[] = {
		"https://inner.example/",
		"https://mixed.example/",
		"https://127.0.0.1/",
		"https://2130706433/",
		"https://0x7f.1/",
		"https://[::ffff:127.0.0.1]/",
		"https://[::1]/",
		"https://unknown.example/",
		"http://good.example/a.png",
		"ftp://good.example/",
		"file:///etc/passwd",
		"//good.example/",
		"good.example",
		"",
		"https://",
		"https:///a.png",
		"https://good.example:80/",
		"https://good.example:4430/",
		"https://good.example:0443/",
		"https://user@good.example/",
		"https://user:pass@good.example/",
		"https://good.example@inner.example/",
		"https://inner.example\\@good.example/",
		"https://good.example\\.inner.example/",
		"https://good.example/a b",
		"https://good.example/\t",
		"https://good.example/\r\nHost: x",
		"https://good.ex%61mple/",
		"https://g\xC3\xB6od.example/",
		"https://[fe80::1%25lo]/",
		"https://[good.example]/",
		"https://good.example]/",
	};

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct world w = fetched(*state, urls[i], false);

		if (w.body != NULL || w.requests > 0)
			fail_msg("%s was fetched", urls[i]);
		assert_error(&w.error, ERROR_VALUE, "");
	}
}

static void redirects_follow_the_same_rules(void **state)
{
	static const struct {
		const char *url;
		unsigned requests;
	} rows[] = {
		{ "https://good.example/to-inner", 1 },
		{ "https://good.example/to-http", 1 },
		{ "https://good.example/to-port", 1 },
		{ "https://good.example/loop", 4 },
		{ "https://good.example/nowhere", 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world w = fetched(*state, rows[i].url, false);

		assert_null(w.body);
		assert_int_equal(w.requests, rows[i].requests);
		assert_error(&w.error, ERROR_VALUE, "");
	}
}

/* Neither in words nor in time. */
static void names_of_our_network_look_unknown(void **state)
{
	static const char *const urls[] = {
		"https://inner.example/",
		"https://mixed.example/",
		"https://unknown.example/",
		"https://127.0.0.1/",
	};
	struct error first = { 0 };

	for (size_t i = 0; i < COUNT(urls); i++) {
		int64_t begun = clock_ms();
		struct world w = fetched(*state, urls[i], false);

		if (i == 0)
			first = w.error;
		assert_int_equal(w.error.kind, first.kind);
		assert_string_equal(w.error.message, first.message);
		assert_true(clock_ms() - begun >= 500);
		assert_int_equal(w.requests, 0);
	}
	assert_contains(first.message, "cannot be fetched");
}

static void failures_say_why(void **state)
{
	struct world w = fetched(*state, "https://good.example/none", false);

	assert_contains(w.error.message, "404");
	w = fetched(*state, "https://good.example/large", false);
	assert_contains(w.error.message, "larger than 10 bytes");
	assert_error(&w.error, ERROR_VALUE, "");
	w = fetched(*state, "https://good.example/a.png", true);
	assert_error(&w.error, ERROR_CLIENT_GONE, "");
}

static void a_long_url_is_refused(void **state)
{
	char *url = arena_alloc(*state, 9000);
	struct world w;

	memset(url, 'x', 8999);
	memcpy(url, "https://good.example/", 21);
	w = fetched(*state, url, false);
	assert_int_equal(w.requests, 0);
	assert_error(&w.error, ERROR_VALUE, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(private_addresses_are_not_public),
		TEST(other_addresses_are_public),
		TEST(no_spelling_of_loopback_is_public),
		TEST(public_urls_are_fetched),
		TEST(other_urls_are_refused_without_a_connection),
		TEST(redirects_follow_the_same_rules),
		TEST(names_of_our_network_look_unknown),
		TEST(failures_say_why),
		TEST(a_long_url_is_refused),
	};

	skipped_time_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
