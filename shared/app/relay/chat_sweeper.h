/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CHAT_SWEEPER_H
#define APP_RELAY_CHAT_SWEEPER_H

#include "app/auth.h"

/*
 * Has the chats deleted that requests leave at Kimi, once nobody waits: in a
 * thread of its own, a little later, so that few calls delete many; or, in a
 * program that serves one request, after it (chat_sweeper_run).
 */
struct chat_sweeper {
	struct app_list *apps;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
	struct sweep_task *tasks; /* one for each configuration file */
	bool threaded;		  /* there may be a thread, … */
	bool running;		  /* … there is, … */
	bool joinable;		  /* … or was */
	pthread_t thread;
	bool ending; /* nothing waits for its time any more */
	int stop_fd; /* readable: calls must end now; -1: no thread */
};

/* From now on requests of these apps wake it. */
void chat_sweeper_init(struct chat_sweeper *s, struct app_list *apps);

/* Lets it have a thread, which is started when there is something to do. */
void chat_sweeper_use_thread(struct chat_sweeper *s);

/* Has it look for what other processes left, if there is a database. */
void chat_sweeper_begin(struct chat_sweeper *s);

/* There may be chats to delete, of the app's credentials or those that the
 * caller sent. Does nothing if `s` is NULL. */
void chat_sweeper_wake(struct chat_sweeper *s, const struct app *app,
		       const struct caller *caller);

/* Deletes what there is to delete, now and in this thread. */
bool chat_sweeper_has_work(const struct chat_sweeper *s);
void chat_sweeper_run(struct chat_sweeper *s, struct http_client *http,
		      struct arena *a);

/* Deletes what there is to delete, but not for longer than `ms`: the rest is
 * left to the next process. False if its thread does not end. */
bool chat_sweeper_end(struct chat_sweeper *s, int64_t ms);

/* Not after chat_sweeper_end returned false. */
void chat_sweeper_fini(struct chat_sweeper *s);

#endif
