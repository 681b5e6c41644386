/* SPDX-License-Identifier: MIT */
/* The numbers that a double cannot hold keep their text. */
#include "base/json_number_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_trail_internal.h"

/* Decimal digits that every double keeps: DBL_DIG. */
#define SAFE_DIGITS 15

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As cJSON sees it: whatever may be in a number. */
static const char *token_end(const char *p, const char *end)
{
	while (p < end && (is_digit(*p) || *p == '.' || *p == '-' ||
			   *p == '+' || *p == 'e' || *p == 'E'))
		p++;
	return p;
}

static size_t digits(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && is_digit(*p))
		p++;
	return (size_t)(p - from);
}

/* 0.25, but neither 0.250 nor 0.00001, which is printed as 1e-05. */
static bool is_short_fraction(const char *p, const char *end)
{
	size_t whole = digits(p, end), part;

	p += whole;
	if (whole == 0 || p == end || *p != '.')
		return false;
	part = digits(p + 1, end);
	if (p + 1 + part != end || part == 0 || end[-1] == '0')
		return false;
	if (whole + part > SAFE_DIGITS)
		return false;
	return whole > 1 || p[-1] != '0' || part < 4 ||
	       memcmp(p + 1, "0000", 4) != 0;
}

const char *json_number_end(const char *p, const char *end, bool *inexact)
{
	const char *first = p + (*p == '-');
	size_t n = digits(first, end);
	const char *after = first + n;

	if (after == end || (*after != '.' && *after != 'e' && *after != 'E' &&
			     *after != '+' && *after != '-')) {
		if (n > SAFE_DIGITS ||
		    (n > 0 && *first == '0' && after - p > 1))
			*inexact = true;
		return after;
	}
	after = token_end(after, end);
	if (!is_short_fraction(first, after))
		*inexact = true;
	return after;
}

/* The end of the digits of a fraction or exponent; NULL if there are none. */
static const char *part_end(const char *p, const char *end)
{
	size_t n = digits(p, end);

	return n > 0 ? p + n : NULL;
}

bool json_number_is_json(const char *p, const char *end)
{
	size_t n;

	p += *p == '-';
	n = digits(p, end);
	if (n == 0 || (n > 1 && *p == '0'))
		return false;
	p += n;
	if (p < end && *p == '.')
		p = part_end(p + 1, end);
	if (p != NULL && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		p = part_end(p, end);
	}
	return p == end;
}

static const char *after_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

/* The next number at or after `p`. */
static const char *next_number(const char *p, const char *end)
{
	while (p < end && !json_number_begins(*p))
		p = *p == '"' ? after_string(p, end) : p + 1;
	return p;
}

static void keep_text(cJSON *number, const char *p, size_t n)
{
	number->valuestring = cJSON_malloc(n + 1);
	if (number->valuestring == NULL)
		abort();
	memcpy(number->valuestring, p, n);
	number->valuestring[n] = '\0';
}

/* The numbers of the text and of the tree come in the same order. */
void json_number_keep(cJSON *tree, const char *p, const char *end)
{
	struct json_trail t = { 0 };

	for (cJSON *v = tree; v != NULL; v = json_trail_next(&t, tree, v)) {
		bool inexact = false;
		const char *number;

		if (!cJSON_IsNumber(v))
			continue;
		number = next_number(p, end);
		p = json_number_end(number, end, &inexact);
		if (inexact && json_number_is_json(number, p))
			keep_text(v, number, (size_t)(p - number));
	}
	json_trail_fini(&t);
}

void json_number_shorten(char *p, size_t n)
{
	char text[JSON_NUMBER_SIZE];
	double v;

	if (!json_number_is_json(p, p + n))
		return;
	v = strtod(p, NULL);
	if (isinf(v))
		snprintf(text, sizeof(text), "%s", v < 0 ? "-1e999" : "1e999");
	else
		json_number_format(text, v);
	memset(p, ' ', n);
	memcpy(p, text, strlen(text));
}

void json_number_format(char *out, double v)
{
	if (!isfinite(v)) {
		memcpy(out, "null", 5);
		return;
	}
	for (int precision = SAFE_DIGITS; precision <= 17; precision++) {
		snprintf(out, JSON_NUMBER_SIZE, "%.*g", precision, v);
		if (strtod(out, NULL) == v)
			return;
	}
}
