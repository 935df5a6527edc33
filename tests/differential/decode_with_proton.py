"""Decodes values with Qpid Proton: a line of «value» and hexadecimal octets in, a line of the common form out.

Needs the package python-qpid-proton 0.40. The form is described in src/node.rs.
"""

import struct
import sys

from cproton_ffi import ffi, lib
from proton import Data, DataException


def octets(pn_bytes):
    return "0x" + bytes(ffi.buffer(pn_bytes.start, pn_bytes.size)).hex() if pn_bytes.size else "0x"


def bits(name, form):
    return lambda data: "%s 0x%s" % (name, struct.pack(form, getattr(lib, "pn_data_get_" + name)(data)).hex())


def number(name, type_name=None):
    return lambda data: "%s %d" % (type_name or name, getattr(lib, "pn_data_get_" + name)(data))


def fixed(name, size):
    def form(data):
        return "%s 0x%s" % (name, bytes(ffi.buffer(getattr(lib, "pn_data_get_" + name)(data).bytes, size)).hex())
    return form


LEAVES = {
    Data.NULL: lambda data: "null",
    Data.BOOL: lambda data: "true" if lib.pn_data_get_bool(data) else "false",
    Data.UBYTE: number("ubyte"),
    Data.USHORT: number("ushort"),
    Data.UINT: number("uint"),
    Data.ULONG: number("ulong"),
    Data.BYTE: number("byte"),
    Data.SHORT: number("short"),
    Data.INT: number("int"),
    Data.LONG: number("long"),
    Data.FLOAT: bits("float", ">f"),
    Data.DOUBLE: bits("double", ">d"),
    Data.DECIMAL32: lambda data: "decimal32 0x%08x" % lib.pn_data_get_decimal32(data),
    Data.DECIMAL64: lambda data: "decimal64 0x%016x" % lib.pn_data_get_decimal64(data),
    Data.DECIMAL128: fixed("decimal128", 16),
    Data.CHAR: number("char"),
    Data.TIMESTAMP: number("timestamp"),
    Data.UUID: fixed("uuid", 16),
    Data.BINARY: lambda data: "binary " + octets(lib.pn_data_get_binary(data)),
    Data.STRING: lambda data: "string " + octets(lib.pn_data_get_string(data)),
    Data.SYMBOL: lambda data: "symbol " + octets(lib.pn_data_get_symbol(data)),
}


def children(data):
    """The forms of all children of the current node."""
    forms = []
    data.enter()
    while data.next() is not None:
        forms.append(form(data))
    data.exit()
    return forms


def form(data):
    kind = data.type()
    if kind in LEAVES:
        return LEAVES[kind](data._data)
    if kind == Data.DESCRIBED:
        return "(@%s)" % " ".join(children(data))
    if kind == Data.LIST:
        return "[%s]" % ", ".join(children(data))
    if kind == Data.MAP:
        forms = children(data)
        return "{%s}" % ", ".join("%s: %s" % pair for pair in zip(forms[::2], forms[1::2]))
    if kind == Data.ARRAY:
        described = lib.pn_data_is_array_described(data._data)
        forms = children(data)
        if described:
            forms = ["(@%s %s)" % (forms[0], element) for element in forms[1:]]
        return "array[%s]" % ", ".join(forms)
    raise ValueError("a node of type %r" % kind)


def answer(encoded):
    data = Data()
    try:
        consumed = data.decode(encoded)
    except DataException as error:
        return "refused %s" % str(error).replace("\n", " ")
    data.rewind()
    if data.next() is None:
        return "refused without a word"
    return "read %d %s" % (consumed, form(data))


for line in sys.stdin:
    print(answer(bytes.fromhex(line.removeprefix("value "))), flush=True)
