/* SPDX-License-Identifier: MIT */
#ifndef BASE_FLOW_H
#define BASE_FLOW_H

/* What a callback returns that receives a stream piece by piece. */
enum flow {
	FLOW_CONTINUE,
	FLOW_STOP,   /* it wants no more; nothing has failed */
	FLOW_FAILED, /* it filled an error */
};

#endif
