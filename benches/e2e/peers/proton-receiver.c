/* Qpid Proton C receives: PORT|amqp://HOST:PORT/NODE N [--credit W]. With RAW the data section's head is read by hand; without it each message
 * goes through pn_message_t. */
#include "proton.h"

static uint64_t count, received, octets, sum, disorder, started, ended;
static int credit;
static pn_message_t *message;
static char *buffer;
static size_t room;
static place_t from; /* a broker's node */
static peer_t *peers[1024];
static size_t clients;

static void tally(uint64_t *next, const char *body, size_t size) {
    uint64_t number, word;
    size_t at = 0;
    if (!received) started = now();
    memcpy(&number, body, 8);
    disorder += number < *next;
    *next = number + 1;
    received++;
    octets += size;
    for (; at + 8 <= size; at += 8, sum += word) memcpy(&word, body + at, 8);
    word = 0;
    memcpy(&word, body + at, size - at);
    sum += word;
}

static void take(pn_link_t *link, pn_delivery_t *delivery) {
    size_t length = pn_delivery_pending(delivery);
    if (room < length) buffer = realloc(buffer, room = length);
    pn_link_recv(link, buffer, length);
    pn_bytes_t body = {0, NULL};
#ifdef RAW
    unsigned char head[8];
    if (length > 8) {
        size_t size = length - ((unsigned char)buffer[3] == 0xa0 ? 5 : 8);
        size_t front = write_head(head, size);
        if (front + size == length && !memcmp(head, buffer, front)) body = pn_bytes(size, buffer + front);
    }
#else
    if (!pn_message_decode(message, buffer, length)) {
        pn_data_t *data = pn_message_body(message);
        pn_data_rewind(data);
        if (pn_data_next(data) && pn_data_type(data) == PN_BINARY) body = pn_data_get_binary(data);
    }
#endif
    if (!body.start) fail("one data section was to come");
    tally(pn_link_get_context(link), body.start, body.size);
}

static void delivery(pn_delivery_t *delivery) {
    if (!pn_delivery_readable(delivery) || pn_delivery_partial(delivery)) return;
    pn_link_t *link = pn_delivery_link(delivery);
    take(link, delivery);
    pn_delivery_update(delivery, PN_ACCEPTED);
    pn_delivery_settle(delivery);
    int left = pn_link_credit(link);
    if (left <= credit / 2) pn_link_flow(link, credit - left);
    if (received == count) {
        ended = now();
        for (size_t at = 0; at < clients; at++) pn_connection_close(peers[at]->driver.connection);
    }
}

/* Attaches to the node of a broker. */
static void consume(pn_connection_t *connection) {
    pn_connection_set_container(connection, "bench-receiver");
    pn_connection_open(connection);
    pn_session_t *session = pn_session(connection);
    pn_session_set_incoming_capacity(session, 1 << 30);
    pn_session_open(session);
    pn_link_t *link = pn_receiver(session, "bench");
    pn_link_set_context(link, calloc(1, sizeof(uint64_t)));
    pn_terminus_set_address(pn_link_source(link), place_address(&from));
    pn_link_open(link);
    pn_link_flow(link, credit);
}

static void ready(void) {
    printf("READY\n");
    fflush(stdout);
}

/* What happens on a connection to a broker. */
static void handle_broker(pn_event_t *event) {
    switch (pn_event_type(event)) {
    case PN_CONNECTION_INIT:
        consume(pn_event_connection(event));
        break;
    case PN_LINK_REMOTE_OPEN:
        ready();
        break;
    case PN_DELIVERY:
        delivery(pn_event_delivery(event));
        break;
    case PN_CONNECTION_REMOTE_CLOSE:
        if (received < count) fail("the broker has closed");
        break;
    default:
        break;
    }
}

static void handle(peer_t *peer, pn_event_t *event) {
    (void)peer;
    if (from.node) {
        handle_broker(event);
        return;
    }
    switch (pn_event_type(event)) {
    case PN_CONNECTION_REMOTE_OPEN:
        pn_connection_set_container(pn_event_connection(event), "bench-receiver");
        pn_connection_open(pn_event_connection(event));
        break;
    case PN_SESSION_REMOTE_OPEN:
        pn_session_set_incoming_capacity(pn_event_session(event), 1 << 30);
        pn_session_open(pn_event_session(event));
        break;
    case PN_LINK_REMOTE_OPEN: {
        pn_link_t *link = pn_event_link(event);
        pn_link_set_context(link, calloc(1, sizeof(uint64_t)));
        pn_terminus_set_address(pn_link_target(link), pn_terminus_get_address(pn_link_remote_target(link)));
        pn_link_set_snd_settle_mode(link, pn_link_remote_snd_settle_mode(link));
        pn_link_open(link);
        pn_link_flow(link, credit);
        break;
    }
    case PN_DELIVERY:
        delivery(pn_event_delivery(event));
        break;
    case PN_CONNECTION_REMOTE_CLOSE:
        pn_connection_close(pn_event_connection(event));
        break;
    default:
        break;
    }
}

static int listen_on(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 128)) fail("cannot listen");
    ready();
    return fd;
}

int main(int argc, char **argv) {
    credit = (int)option(&argc, argv, "--credit", 1000);
    if (argc != 3) fail("use: PORT|amqp://HOST:PORT/NODE N");
    count = strtoull(argv[2], NULL, 10);
    message = pn_message();
    int listener = -1;
    if (place_parse(&from, argv[1])) peer_connect(peers[clients++] = calloc(1, sizeof **peers), &from);
    else listener = listen_on(argv[1]);
    size_t over = 0;
    while (received < count || over < clients) {
        static struct pollfd polls[1025];
        bool any = false;
        over = 0;
        for (size_t at = 0; at < clients; at++) {
            if (!peers[at]->over) any |= peer_pump(peers[at]);
            over += peers[at]->over;
        }
        if (any || (received == count && over == clients)) continue;
        for (size_t at = 0; at < clients; at++)
            polls[at] = (struct pollfd){peers[at]->over ? -1 : peers[at]->socket, peer_wants(peers[at]), 0};
        polls[clients] = (struct pollfd){received == count ? -1 : listener, POLLIN, 0};
        if (poll(polls, clients + 1, -1) < 0) fail("poll");
        if (polls[clients].revents && clients < 1024) {
            peer_t *peer = peers[clients++] = calloc(1, sizeof *peer);
            peer_start(peer, accept(listener, NULL, NULL), true, false);
        }
    }
    printf("RESULT role=receiver n=%llu bytes=%llu sum=%016llx ooo=%llu t0=%llu t1=%llu\n",
           (unsigned long long)received, (unsigned long long)octets, (unsigned long long)sum,
           (unsigned long long)disorder, (unsigned long long)started, (unsigned long long)ended);
    return 0;
}
