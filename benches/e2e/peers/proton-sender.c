/* Qpid Proton C sends: amqp://HOST:PORT[NODE] N SIZE settled|unsettled|pingpong [--links L] [--conns C] [--window W].
 * With RAW the data section is written by hand; without it each message goes through pn_message_t. */
#include "proton.h"

typedef struct {
    uint64_t next, end, outstanding;
} work_t;

static uint64_t count, sent, accepted, started, ended, window, *times, asked;
static size_t size, links, connections, head;
static bool settled, pingpong;
static unsigned char *body; /* `head` octets of room in front */
static char *encoded;
static pn_message_t *message;
static place_t to;
static work_t *works;
static peer_t *peers;

static void send_one(work_t *work, pn_link_t *link) {
    if (pingpong) asked = now();
    uint32_t tag = (uint32_t)work->next;
    pn_delivery_t *delivery = pn_delivery(link, pn_dtag((const char *)&tag, sizeof tag));
    memcpy(body + head, &work->next, 8);
#ifdef RAW
    pn_link_send(link, (const char *)body, head + size);
#else
    pn_data_t *data = pn_message_body(message);
    pn_data_clear(data);
    pn_data_put_binary(data, pn_bytes(size, (const char *)body + head));
    size_t length = size + 64;
    if (pn_message_encode(message, encoded, &length)) fail("cannot encode");
    pn_link_send(link, encoded, length);
#endif
    pn_link_advance(link);
    if (settled) pn_delivery_settle(delivery);
    else work->outstanding++;
    work->next++;
    sent++;
}

static void pump(pn_link_t *link) {
    work_t *work = pn_link_get_context(link);
    while (work->next < work->end && pn_link_credit(link) > 0 && (settled || work->outstanding < window))
        send_one(work, link);
    /* a broker does not close when it has all */
    if (settled && to.node && sent == count) pn_connection_close(pn_session_connection(pn_link_session(link)));
}

static void open_all(pn_connection_t *connection, size_t number) {
    pn_connection_set_container(connection, "bench-sender");
    pn_connection_open(connection);
    pn_session_t *session = pn_session(connection);
    pn_session_set_incoming_capacity(session, 1 << 30);
    pn_session_open(session);
    for (size_t at = 0; at < links; at++) {
        char name[32];
        snprintf(name, sizeof name, "bench-%zu", at);
        pn_link_t *link = pn_sender(session, name);
        pn_link_set_context(link, &works[number * links + at]);
        pn_terminus_set_address(pn_link_target(link), place_address(&to));
        pn_link_set_snd_settle_mode(link, settled ? PN_SND_SETTLED : PN_SND_UNSETTLED);
        pn_link_open(link);
    }
}

static void handle(peer_t *peer, pn_event_t *event) {
    switch (pn_event_type(event)) {
    case PN_CONNECTION_INIT:
        open_all(pn_event_connection(event), (size_t)(peer - peers));
        break;
    case PN_LINK_FLOW:
        if (!started) started = now();
        pump(pn_event_link(event));
        break;
    case PN_DELIVERY: {
        pn_delivery_t *delivery = pn_event_delivery(event);
        pn_link_t *link = pn_delivery_link(delivery);
        if (pn_delivery_remote_state(delivery) != PN_ACCEPTED) fail("not accepted");
        pn_delivery_settle(delivery);
        ((work_t *)pn_link_get_context(link))->outstanding--;
        if (pingpong) times[accepted] = now() - asked;
        pump(link);
        if (++accepted == count) {
            ended = now();
            for (size_t at = 0; at < connections; at++) pn_connection_close(peers[at].driver.connection);
        }
        break;
    }
    case PN_CONNECTION_REMOTE_CLOSE:
        pn_connection_close(pn_event_connection(event));
        if (!ended) ended = now();
        break;
    default:
        break;
    }
}

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void deal(size_t all) {
    uint64_t at = 0;
    for (size_t number = 0; number < all; number++) {
        works[number].next = at;
        at += count / all + (number < count % all);
        works[number].end = at;
    }
}

int main(int argc, char **argv) {
    links = option(&argc, argv, "--links", 1);
    connections = option(&argc, argv, "--conns", 1);
    window = option(&argc, argv, "--window", 1000);
    if (argc != 5 || !place_parse(&to, argv[1])) fail("use: amqp://HOST:PORT[NODE] N SIZE MODE");
    count = strtoull(argv[2], NULL, 10);
    size = strtoull(argv[3], NULL, 10);
    settled = !strcmp(argv[4], "settled");
    pingpong = !strcmp(argv[4], "pingpong");
    size_t all = links * connections;
    window = pingpong ? 1 : window / all ? window / all : 1;
    body = malloc(size + 8);
    head = write_head(body, size);
    for (size_t at = 0; at < size; at++) body[head + at] = (unsigned char)((at * 131 + 17) % 251);
    encoded = malloc(size + 64);
    times = calloc(pingpong ? count : 1, sizeof *times);
    message = pn_message();
    pn_message_set_inferred(message, true);
    works = calloc(all, sizeof *works);
    deal(all);
    peers = calloc(connections, sizeof *peers);
    struct pollfd *polls = calloc(connections, sizeof *polls);
    for (size_t at = 0; at < connections; at++) peer_connect(&peers[at], &to);
    for (size_t left = connections; left;) {
        bool any = false;
        left = 0;
        for (size_t at = 0; at < connections; at++) {
            if (!peers[at].over) any |= peer_pump(&peers[at]);
            left += !peers[at].over;
        }
        if (any || !left) continue;
        for (size_t at = 0; at < connections; at++)
            polls[at] = (struct pollfd){peers[at].over ? -1 : peers[at].socket, peer_wants(&peers[at]), 0};
        if (poll(polls, connections, -1) < 0) fail("poll");
    }
    printf("RESULT role=sender n=%llu acked=%llu t0=%llu t1=%llu", (unsigned long long)sent,
           (unsigned long long)accepted, (unsigned long long)started, (unsigned long long)ended);
    if (pingpong) {
        qsort(times, count, sizeof *times, compare);
        unsigned quantiles[] = {0, 500, 900, 990, 999};
        const char *names[] = {"min", "p50", "p90", "p99", "p999"};
        for (int at = 0; at < 5; at++)
            printf(" %s=%llu", names[at], (unsigned long long)times[(count - 1) * quantiles[at] / 1000]);
    }
    printf("\n");
    return sent == count ? 0 : 1;
}
