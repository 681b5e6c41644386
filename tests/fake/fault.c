/* SPDX-License-Identifier: MIT */
/* The error tables of the Open Platform and of Kimi Code: a name for each row,
 * so that a test can have it. */
#include <stddef.h>
#include <string.h>

#include "fault.h"

#define ACCOUNT "Your account org-fake0123<ak-fake0123> "
#define CONSOLE "https://www.kimi.com/code/console"
#define PAGE(title)                                                            \
	"<html>\r\n<head><title>" title                                        \
	"</title></head>\r\n<body>\r\n<center>"                                \
	"<h1>" title "</h1></center>\r\n<hr><center>cdn</center>\r\n</body>"   \
	"\r\n</html>\r\n"

static const struct fault faults[] = {
	/* --- the Open Platform; many of them Kimi Code's, too */
	{ .name = "content_filter",
	  .status = 400,
	  .type = "content_filter",
	  .message = "The request was rejected because it was considered "
		     "high risk" },
	{ .name = "invalid_request",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "Invalid request" },
	{ .name = "input_too_long",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "Input token length too long" },
	{ .name = "token_limit",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "Invalid request: Your request exceeded model token "
		     "limit: 262144 (requested: 300000)" },
	{ .name = "invalid_authentication",
	  .status = 401,
	  .type = "invalid_authentication_error",
	  .message = "Invalid Authentication" },
	{ .name = "incorrect_api_key",
	  .status = 401,
	  .type = "incorrect_api_key_error",
	  .message = "Incorrect API key provided" },
	{ .name = "permission_denied",
	  .status = 403,
	  .type = "permission_denied_error",
	  .message = "The API you are accessing is not open" },
	{ .name = "ip_not_allowed",
	  .status = 403,
	  .type = "permission_denied_error",
	  .message = "You are not allowed to access the API from this IP" },
	{ .name = "not_found",
	  .status = 404,
	  .type = "resource_not_found_error",
	  .message = "Not found" },
	{ .name = "model_not_found",
	  .status = 404,
	  .type = "resource_not_found_error",
	  .message = "Not found the model kimi-fake or Permission denied" },
	{ .name = "url_not_found",
	  .status = 404,
	  .body = "{\"code\":5,\"error\":\"url.not_found\",\"message\":"
		  "\"没找到对象\",\"method\":\"POST\",\"scode\":\"0x5\","
		  "\"status\":false,\"url\":\"/v1/fake\"}" },
	{ .name = "engine_overloaded",
	  .status = 429,
	  .type = "engine_overloaded_error",
	  .message = "The engine is currently overloaded, please try again "
		     "later",
	  .retry_after = "2" },
	{ .name = "rpm",
	  .status = 429,
	  .type = "rate_limit_reached_error",
	  .message = ACCOUNT "request reached organization max RPM: 3, please "
			     "try again after 1 seconds" },
	{ .name = "concurrency",
	  .status = 429,
	  .type = "rate_limit_reached_error",
	  .message = ACCOUNT "request reached organization max concurrency: "
			     "1, please try again after 1 seconds" },
	{ .name = "tpm",
	  .status = 429,
	  .type = "rate_limit_reached_error",
	  .message = ACCOUNT "request reached organization TPM rate limit, "
			     "current: 512345, limit: 500000" },
	{ .name = "tpd",
	  .status = 429,
	  .type = "rate_limit_reached_error",
	  .message = ACCOUNT "request reached organization TPD rate limit, "
			     "current: 1512345, limit: 1500000" },
	{ .name = "insufficient_balance",
	  .status = 429,
	  .type = "exceeded_current_quota_error",
	  .message = ACCOUNT "is suspended due to insufficient balance, please "
			     "recharge your account or check your plan and "
			     "billing details" },
	{ .name = "token_quota",
	  .status = 429,
	  .type = "exceeded_current_quota_error",
	  .message = "You exceeded your current token quota: "
		     "<org-fake0123> 0, please check your account balance" },
	{ .name = "client_closed",
	  .status = 499,
	  .type = "client_closed_request",
	  .message = "context canceled" },
	{ .name = "server_error",
	  .status = 500,
	  .type = "server_error",
	  .message = "internal server error" },
	{ .name = "unexpected_output",
	  .status = 500,
	  .type = "unexpected_output",
	  .message = "The model gave an unexpected output, please try again" },
	{ .name = "server_unavailable",
	  .status = 503,
	  .type = "server_unavailable",
	  .message = "The server is currently unavailable" },
	{ .name = "context_length",
	  .status = 400,
	  .type = "invalid_request_error",
	  .code = "context_length_exceeded",
	  .message = "The input does not fit." },
	{ .name = "context_window",
	  .status = 413,
	  .body = "{\"message\":\"Your input exceeds the context window of "
		  "this model.\",\"type\":\"BadRequestError\",\"code\":400}" },
	{ .name = "context_detail",
	  .status = 422,
	  .body = "{\"detail\":[{\"loc\":[\"body\",\"messages\"],\"msg\":"
		  "\"The input (300000 tokens) is longer than the model's "
		  "context length (262144 tokens).\",\"type\":\"value_error\"}]"
		  "}" },
	{ .name = "context_nested",
	  .status = 400,
	  .body = "{\"error\":{\"message\":\"{\\\"error\\\":{\\\"message\\\":"
		  "\\\"Your request exceeded model token limit: 262144 "
		  "(requested: 300000)\\\"}}\",\"type\":\"upstream\"}}" },
	{ .name = "context_text",
	  .status = 400,
	  .body = "{\"error\":\"prompt is too long: 300000 tokens > 262144 "
		  "maximum\"}" },
	{ .name = "unauthorized_page",
	  .status = 401,
	  .body = PAGE("401 Authorization Required") },
	{ .name = "not_found_page",
	  .status = 404,
	  .body = PAGE("404 Not Found") },
	{ .name = "too_large_page",
	  .status = 413,
	  .body = PAGE("413 Request Entity Too Large") },
	{ .name = "bad_gateway", .status = 502 },
	{ .name = "gateway_timeout", .status = 504 },

	/* --- Kimi Code */
	{ .name = "code_key",
	  .status = 401,
	  .type = "invalid_authentication_error",
	  .message = "The API Key appears to be invalid or may have expired. "
		     "Please verify your credentials and try again." },
	{ .name = "plan_model",
	  .status = 401,
	  .type = "invalid_authentication_error",
	  .messages_type = "authentication_error",
	  .message = "Your current subscription does not have access to k3. "
		     "Upgrade to a Moderato plan or above." },
	{ .name = "plan_context",
	  .status = 401,
	  .type = "invalid_authentication_error",
	  .messages_type = "authentication_error",
	  .message = "Your current plan supports only kimi-k3 up to 256K "
		     "context. 1M context is available on higher-tier plans." },
	{ .name = "model_id",
	  .status = 401,
	  .type = "invalid_authentication_error",
	  .messages_type = "authentication_error",
	  .message = "Your model id does not exist, recognized as "
		     "other:k3[1m]. Please set model id as `k3`." },
	{ .name = "concurrent_limit",
	  .status = 403,
	  .type = "access_terminated_error",
	  .messages_type = "permission_error",
	  .message = "You've reached your concurrent request limit. Please "
		     "wait for your ongoing requests to finish and try "
		     "again." },
	{ .name = "hours_limit",
	  .status = 403,
	  .type = "access_terminated_error",
	  .messages_type = "permission_error",
	  .message = "You've reached your 5-hour usage limit" },
	{ .name = "weekly_limit",
	  .status = 403,
	  .type = "access_terminated_error",
	  .messages_type = "permission_error",
	  .message = "You've reached your weekly (7-day) usage limit. Your "
		     "quota will reset when the current 7-day window ends." },
	{ .name = "month_limit",
	  .status = 403,
	  .type = "access_terminated_error",
	  .messages_type = "permission_error",
	  .message = "You've reached your monthly usage limit for this billing "
		     "cycle" },
	{ .name = "credit_balance",
	  .status = 403,
	  .type = "access_terminated_error",
	  .messages_type = "permission_error",
	  .message = "Your credit balance is insufficient" },
	{ .name = "membership",
	  .status = 402,
	  .type = "invalid_request_error",
	  .message = "We're unable to verify your membership benefits at this "
		     "time. Please ensure your membership is active and try "
		     "again." },
	{ .name = "not_an_agent",
	  .status = 403,
	  .type = "access_terminated_error",
	  .message = "Kimi For Coding is currently only available for Coding "
		     "Agents such as Kimi CLI, Claude Code, Roo Code, Kilo "
		     "Code, etc." },
	{ .name = "cycle_limit",
	  .status = 403,
	  .type = "access_terminated_error",
	  .messages_type = "permission_error",
	  .message = "You've reached your usage limit for this billing cycle. "
		     "Your quota will be refreshed in the next cycle. Upgrade "
		     "to get more: " CONSOLE },
	{ .name = "access_terminated",
	  .status = 403,
	  .type = "access_terminated_error",
	  .message = "Access terminated. If you think this is an error, please "
		     "contact us." },
	{ .name = "too_many_requests",
	  .status = 429,
	  .type = "rate_limit_reached_error",
	  .message = "We're receiving too many requests at the moment. Please "
		     "wait a moment and try again." },
	{ .name = "period_limit",
	  .status = 429,
	  .type = "rate_limit_reached_error",
	  .message = "You've reached your usage limit for this period. Your "
		     "quota will be refreshed in the next period. See "
		     "" CONSOLE },
	{ .name = "monthly_limit",
	  .status = 429,
	  .type = "exceeded_current_quota_error",
	  .message = "You've reached your kimi monthly usage limit. Your quota "
		     "will be refreshed next month. See " CONSOLE },
	{ .name = "message_size",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "Invalid request: total message size 3000000 exceeds "
		     "limit 2097152" },
	{ .name = "reasoning_missing",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "thinking is enabled but reasoning_content is missing in "
		     "assistant tool call message at index 1" },
	{ .name = "image_url",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "Invalid request: unsupported image url: "
		     "https://example.com/a.png" },
	{ .name = "duplicate_function",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "Invalid request: function name weather is duplicated" },
	{ .name = "high_risk",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "The request was rejected because it was considered "
		     "high risk" },
	{ .name = "method_not_found",
	  .status = 404,
	  .body = "method not found" },
	{ .name = "context_canceled",
	  .status = 499,
	  .type = "client_closed_request",
	  .message = "context canceled" },
	{ .name = "internal",
	  .status = 500,
	  .type = "server_error",
	  .message = "internal: unexpected end of upstream" },
	{ .name = "unavailable",
	  .status = 500,
	  .type = "server_error",
	  .message = "unavailable: 503 Service Temporarily Unavailable" },
};

const struct fault *fault_find(const char *name)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	return NULL;
}
