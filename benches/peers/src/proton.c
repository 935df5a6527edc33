/* The codec's work through Qpid Proton C. It obeys the words of benches/codec/program.rs, and its values are those
 * of benches/codec/values.rs. Proton's interface has no performatives, and takes a message apart in one go, save
 * that application properties stay octets until they are asked for. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <proton/codec.h>
#include <proton/message.h>

enum { BODY = 100, ENTRIES = 100, INTS = 1000, ROOM = 8192 };

/* The size of the message; up to 0.37 Proton writes every map in the long form. */
enum { MESSAGE = 320, MESSAGE_LONG = 326 };

/* Input and output of all work. */
static char body[BODY];
static int32_t ints[INTS];
static pn_message_t *message;
static pn_data_t *data;
static char octets[ROOM];
static ssize_t size;

static void check(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "proton: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* The compiler must take what is at `place` for read and written. */
static void used(void *place) { __asm__ volatile("" : : "r"(place) : "memory"); }

static pn_bytes_t text(const char *characters) { return pn_bytes(strlen(characters), characters); }

static pn_atom_t string(const char *characters) {
    pn_atom_t atom = {.type = PN_STRING, .u.as_bytes = text(characters)};
    return atom;
}

static void put_application_properties(void) {
    pn_data_t *map = pn_message_properties(message);
    pn_data_put_map(map);
    pn_data_enter(map);
    pn_data_put_string(map, text("tenant"));
    pn_data_put_string(map, text("acme-corp"));
    pn_data_put_string(map, text("region"));
    pn_data_put_string(map, text("eu-west-1"));
    pn_data_put_string(map, text("attempt"));
    pn_data_put_int(map, 3);
    pn_data_put_string(map, text("sequence"));
    pn_data_put_long(map, 1234567890123);
    pn_data_put_string(map, text("urgent"));
    pn_data_put_bool(map, true);
    pn_data_exit(map);
}

static void build_message(void) {
    pn_message_clear(message);
    pn_message_set_durable(message, true);
    pn_message_set_ttl(message, 60000);
    pn_message_set_id(message, string("msg-0000000001"));
    pn_message_set_address(message, "queue/orders");
    pn_message_set_subject(message, "order.created");
    pn_message_set_reply_to(message, "queue/replies");
    pn_message_set_correlation_id(message, string("corr-12345678"));
    pn_message_set_content_type(message, "application/octet-stream");
    pn_message_set_creation_time(message, 1700000000000);
    put_application_properties();
    pn_message_set_inferred(message, true);
    pn_data_put_binary(pn_message_body(message), pn_bytes(BODY, body));
}

static void encode_message(void) {
    size_t len = ROOM;
    check(pn_message_encode(message, octets, &len) == 0, "message not encoded");
    size = (ssize_t)len;
    used(octets);
}

static void build_and_encode_message(void) {
    used(body);
    build_message();
    encode_message();
}

static void decode_message_lazily(void) {
    used(octets);
    check(pn_message_decode(message, octets, (size_t)size) == 0, "message not decoded");
    pn_data_t *content = pn_message_body(message);
    pn_data_rewind(content);
    pn_data_next(content);
    check(pn_data_get_binary(content).size == BODY, "another body");
}

static void decode_message(void) {
    decode_message_lazily();
    pn_data_t *properties = pn_message_properties(message);
    pn_data_rewind(properties);
    pn_data_next(properties);
    check(pn_data_get_map(properties) == 10, "other application properties");
}

static void encode_data(void) {
    size = pn_data_encode(data, octets, ROOM);
    check(size > 0, "data not encoded");
    used(octets);
}

static void decode_data(void) {
    used(octets);
    pn_data_clear(data);
    check(pn_data_decode(data, octets, (size_t)size) == size, "data not decoded");
    used(data);
}

static void build_map(void) {
    char key[] = "key-000";
    pn_data_put_map(data);
    pn_data_enter(data);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(key, sizeof key, "key-%03d", i);
        pn_data_put_string(data, text(key));
        pn_data_put_int(data, i * 1000);
    }
    pn_data_exit(data);
}

static void build_and_encode_array(void) {
    used(ints);
    pn_data_clear(data);
    pn_data_put_array(data, false, PN_INT);
    pn_data_enter(data);
    for (int i = 0; i < INTS; i++) pn_data_put_int(data, ints[i]);
    pn_data_exit(data);
    encode_data();
}

static void decode_array(void) {
    decode_data();
    pn_data_rewind(data);
    pn_data_next(data);
    check(pn_data_get_array(data) == INTS, "another array");
    pn_data_enter(data);
    for (int i = 0; i < INTS && pn_data_next(data); i++) ints[i] = pn_data_get_int(data);
    used(ints);
}

static void start(void) {
    for (int i = 0; i < BODY; i++) body[i] = i < 8 ? 0 : (char)((i * 131 + 17) % 251);
    for (int i = 0; i < INTS; i++) ints[i] = (i - 500) * 65537;
    message = pn_message();
    data = pn_data(0);
    check(message && data, "no memory");
}

static void start_message(void) {
    build_and_encode_message();
    check(size == MESSAGE || size == MESSAGE_LONG, "the message is not that of values.rs");
}

static void start_map(void) {
    build_map();
    encode_data();
}

static const struct {
    const char *name;
    void (*start)(void);
    void (*once)(void);
} works[] = {
    {"message-build-encode", start_message, build_and_encode_message},
    {"message-copy-encode", start_message, build_and_encode_message},
    {"message-encode", start_message, encode_message},
    {"message-decode", start_message, decode_message},
    {"message-route", start_message, decode_message_lazily},
    {"map-decode", start_map, decode_data},
    {"map-encode", start_map, encode_data},
    {"array-decode", build_and_encode_array, decode_array},
    {"array-encode", build_and_encode_array, build_and_encode_array},
};

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int repeat(const char *name, uint64_t repetitions) {
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        if (strcmp(works[i].name, name) != 0) continue;
        start();
        works[i].start();
        uint64_t began = nanoseconds();
        for (uint64_t n = 0; n < repetitions; n++) works[i].once();
        printf("%.2f\n", (double)(nanoseconds() - began) / (double)repetitions);
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "proton: no work is called %s\n", name);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) puts(works[i].name);
        return EXIT_SUCCESS;
    }
    if (argc == 3) return repeat(argv[1], strtoull(argv[2], NULL, 10));
    fprintf(stderr, "use: proton list | proton NAME N\n");
    return EXIT_FAILURE;
}
