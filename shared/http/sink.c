/* SPDX-License-Identifier: MIT */
/* Output that remembers its first failure. */
#include "http/sink.h"

void sink_init(struct sink *s, const struct gateway *gateway)
{
	*s = (struct sink){ .gateway = gateway };
}

bool sink_write(struct sink *s, const void *p, size_t n)
{
	if (s->broken)
		return false;
	s->pending = true;
	s->broken = !s->gateway->write(s->gateway->ctx, p, n);
	return !s->broken;
}

bool sink_flush(struct sink *s)
{
	if (s->broken)
		return false;
	if (!s->pending)
		return true;
	s->pending = false;
	s->broken = !s->gateway->flush(s->gateway->ctx);
	return !s->broken;
}
