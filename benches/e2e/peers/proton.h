/* What Proton's sender and receiver share: arguments, bodies, the check, and a loop that pumps connection drivers.
 *
 * The loop is poll() and plain reads and writes, one thread: less than the proactor does, so no excuse for Proton. */
#ifndef BENCH_PROTON_H
#define BENCH_PROTON_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <poll.h>
#include <proton/condition.h>
#include <proton/connection.h>
#include <proton/connection_driver.h>
#include <proton/delivery.h>
#include <proton/link.h>
#include <proton/message.h>
#include <proton/sasl.h>
#include <proton/session.h>
#include <proton/transport.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FRAME_SIZE 65536

static inline uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline _Noreturn void fail(const char *what) {
    fprintf(stderr, "%s (errno %d)\n", what, errno);
    exit(1);
}

/* Takes `name VALUE` out of the command line. */
static inline uint64_t option(int *argc, char **argv, const char *name, uint64_t otherwise) {
    for (int at = 1; at + 1 < *argc; at++) {
        if (strcmp(argv[at], name)) continue;
        uint64_t value = strtoull(argv[at + 1], NULL, 10);
        for (; at + 2 < *argc; at++) argv[at] = argv[at + 2];
        *argc -= 2;
        return value;
    }
    return otherwise;
}

/* The head of a data section by hand (3.2.6), for RAW; returns its length. */
static inline size_t write_head(unsigned char *out, size_t size) {
    memcpy(out, "\x00\x53\x75", 3);
    if (size < 256) {
        out[3] = 0xa0;
        out[4] = (unsigned char)size;
        return 5;
    }
    out[3] = 0xb0;
    for (int at = 0; at < 4; at++) out[4 + at] = (unsigned char)(size >> (24 - 8 * at));
    return 8;
}

/* amqp://HOST:PORT[NODE]: a receiver that listens there, or a broker's node. */
typedef struct {
    char *host, *port, *node;
} place_t;

/* Takes a URL apart, which is changed; returns whether it is one. */
static inline bool place_parse(place_t *place, char *url) {
    if (strncmp(url, "amqp://", 7)) return false;
    place->host = url + 7;
    char *slash = strchr(place->host, '/');
    place->node = slash ? strdup(slash) : NULL;
    if (slash) *slash = 0;
    place->port = strrchr(place->host, ':');
    if (!place->port) return false;
    *place->port++ = 0;
    return true;
}

static inline const char *place_address(const place_t *place) {
    return place->node ? place->node : "bench";
}

/* One connection: its driver and its socket. */
typedef struct {
    pn_connection_driver_t driver;
    int socket;
    bool over;
} peer_t;

/* `login`: with the SASL layer, ANONYMOUS, as brokers want it. */
static inline void peer_start(peer_t *peer, int fd, bool server, bool login) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer->socket = fd;
    if (pn_connection_driver_init(&peer->driver, NULL, NULL)) fail("no driver");
    pn_transport_set_max_frame(peer->driver.transport, MAX_FRAME_SIZE);
    if (server) pn_transport_set_server(peer->driver.transport);
    if (login) pn_sasl_allowed_mechs(pn_sasl(peer->driver.transport), "ANONYMOUS");
}

static inline void peer_connect(peer_t *peer, const place_t *place) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(place->port))};
    inet_pton(AF_INET, place->host, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("cannot connect");
    peer_start(peer, fd, false, place->node != NULL);
}

/* The application's part: handles one event. */
static void handle(peer_t *peer, pn_event_t *event);

static inline void peer_events(peer_t *peer) {
    for (pn_event_t *event; (event = pn_connection_driver_next_event(&peer->driver));) handle(peer, event);
}

/* Reads once, writes until the socket is full; returns false if neither was possible. */
static inline bool peer_pump(peer_t *peer) {
    bool any = false;
    pn_rwbytes_t in = pn_connection_driver_read_buffer(&peer->driver);
    if (in.size) {
        ssize_t got = recv(peer->socket, in.start, in.size, MSG_DONTWAIT);
        if (got > 0) pn_connection_driver_read_done(&peer->driver, (size_t)got);
        else if (got == 0 || (errno != EAGAIN && errno != EINTR)) pn_connection_driver_read_close(&peer->driver);
        any = got >= 0;
    }
    peer_events(peer);
    for (pn_bytes_t out; (out = pn_connection_driver_write_buffer(&peer->driver)).size;) {
        ssize_t put = send(peer->socket, out.start, out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) break;
        if (put < 0) {
            pn_connection_driver_write_close(&peer->driver);
            break;
        }
        pn_connection_driver_write_done(&peer->driver, (size_t)put);
        any = true;
        peer_events(peer);
    }
    peer_events(peer);
    if (pn_connection_driver_write_closed(&peer->driver)) shutdown(peer->socket, SHUT_WR);
    if (pn_connection_driver_finished(&peer->driver)) peer->over = true;
    return any;
}

/* What the connection waits for. */
static inline short peer_wants(peer_t *peer) {
    short events = 0;
    if (pn_connection_driver_read_buffer(&peer->driver).size) events |= POLLIN;
    if (pn_connection_driver_write_buffer(&peer->driver).size) events |= POLLOUT;
    return events;
}

#endif
