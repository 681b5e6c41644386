/* SPDX-License-Identifier: MIT */
/* The load of the benchmark. Prints what it measured as KEY=VALUE lines; exits
 * with 1 if anything was lost, misplaced or refused. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "cpu.h"
#include "spawn.h"

static int usage(void)
{
	fputs("bench_load requests --port N --path P [--header H] [--body B]\n"
	      "           --count N --connections N [--limit SECONDS]\n"
	      "bench_load streams --port N --path P [--header H] --body B\n"
	      "           --count N --pieces N [--ramp MS] [--limit SECONDS]\n"
	      "bench_load queue   like streams, of which Kimi serves one at a time\n"
	      "bench_load spawn COUNT INPUT PROGRAM [ARGUMENT...]\n"
	      "bench_load cpu PID...      prints the us they used so far\n"
	      "bench_load busy MS PID...  prints how many percent of a core they use\n"
	      "bench_load port     prints a free port\n"
	      "bench_load nothing  does nothing, to compare with\n",
	      stderr);
	return 2;
}

static unsigned number(const char *text, unsigned most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || end == text || n > most) {
		fprintf(stderr, "bench_load: not a number: %s\n", text);
		exit(2);
	}
	return (unsigned)n;
}

static void read_option(struct load *l, int option, const char *value)
{
	switch (option) {
	case 'p':
		l->port = (uint16_t)number(value, 65535);
		break;
	case 'u':
		l->path = value;
		break;
	case 'h':
		l->header = value;
		break;
	case 'b':
		l->body = value;
		break;
	case 'n':
		l->requests = number(value, 10000000);
		break;
	case 'c':
		l->connections = number(value, 10000);
		break;
	case 'k':
		l->pieces = number(value, 99999);
		break;
	case 'r':
		l->ramp_us = (int64_t)number(value, 3600000) * 1000;
		break;
	case 'l':
		l->limit_us = (int64_t)number(value, 3600) * 1000000;
		break;
	default:
		exit(usage());
	}
}

static void read_options(struct load *l, int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "path", required_argument, NULL, 'u' },
		{ "header", required_argument, NULL, 'h' },
		{ "body", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "connections", required_argument, NULL, 'c' },
		{ "pieces", required_argument, NULL, 'k' },
		{ "ramp", required_argument, NULL, 'r' },
		{ "limit", required_argument, NULL, 'l' },
		{ 0 },
	};
	int option;

	*l = (struct load){ .limit_us = 60000000 };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		read_option(l, option, optarg);
	if (l->port == 0 || l->path == NULL || l->requests == 0)
		exit(usage());
}

static void print_samples(const char *name, struct samples *s)
{
	printf("%s_p50_us=%lld\n%s_p99_us=%lld\n%s_max_us=%lld\n", name,
	       (long long)samples_percentile(s, 50), name,
	       (long long)samples_percentile(s, 99), name,
	       (long long)samples_percentile(s, 100));
	samples_fini(s);
}

static void print_turns(struct turns *t)
{
	struct samples gaps = { 0 };
	unsigned overtaken;

	turns_judge(t, &gaps, &overtaken);
	printf("overtaken=%u\n", overtaken);
	print_samples("gap", &gaps);
}

static int run(const struct load *l, bool queued)
{
	struct outcome o;

	client_run(l, &o);
	printf("done=%u\nrefused=%u\nbroken=%u\ndisorder=%u\nmost=%u\n", o.done,
	       o.refused, o.broken, o.disorder, o.most);
	printf("elapsed_us=%lld\nrate=%.1f\n", (long long)o.elapsed_us,
	       (double)o.done * 1e6 / (double)o.elapsed_us);
	print_samples("latency", &o.latencies);
	print_samples("delay", &o.delays);
	if (queued)
		print_turns(&o.turns);
	turns_fini(&o.turns);
	return o.done == l->requests ? 0 : 1;
}

static int run_requests(int argc, char **argv)
{
	struct load l;

	read_options(&l, argc, argv);
	if (l.connections == 0 || l.pieces != 0)
		return usage();
	return run(&l, false);
}

static int run_streams(int argc, char **argv, bool queued)
{
	struct load l;

	read_options(&l, argc, argv);
	if (l.connections != 0 || l.pieces == 0)
		return usage();
	l.connections = l.requests;
	return run(&l, queued);
}

static int run_spawn(int argc, char **argv)
{
	struct samples times = { 0 }, cpu = { 0 };

	if (argc < 4)
		return usage();
	if (!spawn_measure(argv + 3, argv[2], number(argv[1], 100000), &times,
			   &cpu)) {
		fprintf(stderr, "bench_load: %s failed\n", argv[3]);
		return 1;
	}
	print_samples("spawn", &times);
	print_samples("cpu", &cpu);
	return 0;
}

static double cpu_of(char **pids)
{
	double sum = 0, us;

	for (; *pids != NULL; pids++) {
		if (!cpu_us((pid_t)number(*pids, 1u << 30), &us)) {
			fprintf(stderr, "bench_load: no process %s\n", *pids);
			exit(1);
		}
		sum += us;
	}
	return sum;
}

static int run_busy(int argc, char **argv)
{
	int64_t start = clock_us();
	double before;

	if (argc < 3)
		return usage();
	before = cpu_of(argv + 2);
	poll(NULL, 0, (int)number(argv[1], 3600000));
	printf("%.2f\n", (cpu_of(argv + 2) - before) * 100 /
				 (double)(clock_us() - start));
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (strcmp(mode, "nothing") == 0)
		return 0;
	if (strcmp(mode, "requests") == 0)
		return run_requests(argc - 1, argv + 1);
	if (strcmp(mode, "streams") == 0)
		return run_streams(argc - 1, argv + 1, false);
	if (strcmp(mode, "queue") == 0)
		return run_streams(argc - 1, argv + 1, true);
	if (strcmp(mode, "cpu") == 0)
		return printf("%.0f\n", cpu_of(argv + 2)) < 0;
	if (strcmp(mode, "busy") == 0)
		return run_busy(argc - 1, argv + 1);
	if (strcmp(mode, "spawn") == 0)
		return run_spawn(argc - 1, argv + 1);
	if (strcmp(mode, "port") == 0)
		return printf("%u\n", client_free_port()) < 0;
	return usage();
}
