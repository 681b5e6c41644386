/* SPDX-License-Identifier: MIT */
/* Tells public addresses from those of this machine, its network or cloud. */
#include "http/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What IANA has reserved, and one address that a cloud uses. */
static const struct {
	uint32_t net;
	unsigned bits;
} reserved4[] = {
#define NET(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
	{ NET(0, 0, 0, 0), 8 },	       /* this network */
	{ NET(10, 0, 0, 0), 8 },       /* private */
	{ NET(100, 64, 0, 0), 10 },    /* shared, inside a carrier's NAT */
	{ NET(127, 0, 0, 0), 8 },      /* loopback */
	{ NET(168, 63, 129, 16), 32 }, /* the host of Azure's machines */
	{ NET(169, 254, 0, 0), 16 },   /* link-local */
	{ NET(172, 16, 0, 0), 12 },    /* private */
	{ NET(192, 0, 0, 0), 24 },     /* protocol assignments */
	{ NET(192, 0, 2, 0), 24 },     /* documentation */
	{ NET(192, 88, 99, 0), 24 },   /* relays of 6to4 */
	{ NET(192, 168, 0, 0), 16 },   /* private */
	{ NET(198, 18, 0, 0), 15 },    /* benchmarks */
	{ NET(198, 51, 100, 0), 24 },  /* documentation */
	{ NET(203, 0, 113, 0), 24 },   /* documentation */
	{ NET(224, 0, 0, 0), 4 },      /* multicast */
	{ NET(240, 0, 0, 0), 4 },      /* reserved, broadcast */
#undef NET
};

/* Within 2000::/3, the only block ever allocated. */
static const struct {
	uint8_t net[4];
	unsigned bits;
} reserved6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocols, Teredo among them */
	{ { 0x20, 0x01, 0x0D, 0xB8 }, 32 }, /* documentation */
	{ { 0x3F, 0xFF, 0x00, 0x00 }, 20 }, /* documentation */
};

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(reserved4) / sizeof(*reserved4); i++)
		if ((address ^ reserved4[i].net) >> (32 - reserved4[i].bits) ==
		    0)
			return false;
	return true;
}

static uint32_t number_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static bool is_public6(const uint8_t *p)
{
	static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xFF, 0x9B };

	if (memcmp(p, mapped, sizeof(mapped)) == 0 ||
	    memcmp(p, nat64, sizeof(nat64)) == 0)
		return is_public4(number_of(p + 12));
	if (p[0] == 0x20 && p[1] == 0x02) /* 6to4 */
		return is_public4(number_of(p + 2));
	if (p[0] >> 5 != 1)
		return false;
	for (size_t i = 0; i < sizeof(reserved6) / sizeof(*reserved6); i++)
		if ((number_of(p) ^ number_of(reserved6[i].net)) >>
			    (32 - reserved6[i].bits) ==
		    0)
			return false;
	return true;
}

bool address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_public4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	return is_public6(v6.sin6_addr.s6_addr);
}
