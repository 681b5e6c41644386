/* SPDX-License-Identifier: MIT */
/* GET /models and /models/{id}, in one body for all clients. */
#include <string.h>
#include <time.h>

#include "app/exchange.h"
#include "base/json.h"
#include "upstream/model.h"
#include "upstream/upstream.h"

#define BODY_LIMIT (256 * 1024)

/* What the server's own credentials can serve; without any, all of them,
 * since clients may bring theirs. */
static bool is_offered(const struct app *app, const struct model *m)
{
	for (size_t i = 0; i < app->n_credentials; i++)
		if (app->credentials[i].upstream == m->upstream)
			return true;
	return app->n_credentials == 0;
}

static const char *date_of(int64_t seconds, struct arena *a)
{
	char *text = arena_alloc(a, 32);
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return text;
}

static void put_model(struct json_writer *w, const struct model *m,
		      struct arena *a)
{
	json_object(w, NULL);
	json_put_text(w, "id", m->name);
	json_put_text(w, "object", "model");
	json_put_text(w, "type", "model");
	json_put_int(w, "created", m->created);
	json_put_text(w, "created_at", date_of(m->created, a));
	json_put_text(w, "owned_by", "moonshot");
	json_put_text(w, "display_name", m->name);
	json_put_int(w, "context_length", m->context);
	json_put_bool(w, "supports_reasoning", m->traits & MODEL_THINKS);
	json_put_bool(w, "supports_image_in", m->traits & MODEL_IMAGES);
	json_close_object(w);
}

static struct buf *body_of(struct exchange *x, struct json_writer *w)
{
	struct buf *out = arena_alloc(x->arena, sizeof(*out));

	buf_init(out, BODY_LIMIT);
	arena_own(x->arena, out, buf_drop);
	json_writer_init(w, out);
	return out;
}

void serve_models(struct exchange *x)
{
	const char *first = NULL, *last = NULL;
	struct json_writer w;
	struct buf *out = body_of(x, &w);

	json_object(&w, NULL);
	json_put_text(&w, "object", "list");
	json_array(&w, "data");
	for (const struct model *m = models; m->name != NULL; m++) {
		if (!is_offered(x->app, m))
			continue;
		if (first == NULL)
			first = m->name;
		last = m->name;
		put_model(&w, m, x->arena);
	}
	json_close_array(&w);
	json_put_bool(&w, "has_more", false);
	json_put_text(&w, "first_id", first);
	json_put_text(&w, "last_id", last);
	json_close_object(&w);
	response_json(&x->response, 200, out->p, out->len);
}

void serve_model(struct exchange *x)
{
	struct json_writer w;
	struct buf *out = body_of(x, &w);
	struct error e;

	for (const struct model *m = models; m->name != NULL; m++)
		if (is_offered(x->app, m) && strcmp(m->name, x->param) == 0) {
			put_model(&w, m, x->arena);
			response_json(&x->response, 200, out->p, out->len);
			return;
		}
	error_field(&e, ERROR_MODEL, "model",
		    "The model '%.64s' is not in GET /v1/models.", x->param);
	exchange_fail(x, &e);
}
