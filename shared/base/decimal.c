/* SPDX-License-Identifier: MIT */
/* Decimal numbers as whole ones, exactly. */
#include "base/decimal.h"

#include <ctype.h>
#include <stdlib.h>

#define MAX_EXPONENT 1000

/* Adds a run of digits; how many there are. */
static int read_digits(const char **p, int64_t *v, bool *fits)
{
	int n = 0;

	for (; isdigit((unsigned char)**p); (*p)++, n++)
		*fits = *fits && !__builtin_mul_overflow(*v, 10, v) &&
			!__builtin_add_overflow(*v, **p - '0', v);
	return n;
}

static bool read_exponent(const char **p, int *exponent)
{
	char *end;
	long n;

	if (**p != 'e' && **p != 'E')
		return true;
	n = strtol(*p + 1, &end, 10);
	if (isspace((unsigned char)(*p)[1]) ||
	    !isdigit((unsigned char)end[-1]) || n < -MAX_EXPONENT ||
	    n > MAX_EXPONENT)
		return false;
	*p = end;
	*exponent += (int)n;
	return true;
}

bool decimal_read(const char *text, int shift, int64_t *v)
{
	int whole, fraction = 0, exponent = shift;
	bool fits = true;

	*v = 0;
	whole = read_digits(&text, v, &fits);
	if (*text == '.') {
		text++;
		fraction = read_digits(&text, v, &fits);
	}
	if (whole + fraction == 0 || !read_exponent(&text, &exponent) ||
	    *text != '\0' || !fits)
		return false;
	for (exponent -= fraction; exponent < 0 && *v != 0; exponent++) {
		if (*v % 10 != 0)
			return false;
		*v /= 10;
	}
	for (; exponent > 0 && *v != 0; exponent--)
		if (__builtin_mul_overflow(*v, 10, v))
			return false;
	return true;
}
