#!/usr/bin/env python3
"""Turns the Python modules of the PyPI wheel xds-protos into what protoc and CMake read.

Called by tools/setup. Each `*_pb2.py` of the wheel holds its .proto file as a serialized FileDescriptorProto in one
call, AddSerializedFile(b'...'). The bytes are lifted out by reading the source (nothing is imported or run, so that
no Python protobuf is needed) and written as

  envoy.pb          a FileDescriptorSet, for `protoc --descriptor_set_in`
  dependencies.cmake  what imports what:  set("proto_deps_a/b.proto" "c.proto;d.proto")

  descriptor_set.py WHEEL OUT_DIR
"""

import ast
import pathlib
import sys
import zipfile


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def encode_varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def fields(message):
    """(field number, bytes) of each length-delimited field of a message; others are passed over."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 0:
            _, at = varint(message, at)
        elif wire == 1:
            at += 8
        elif wire == 2:
            length, at = varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        elif wire == 5:
            at += 4
        else:
            raise ValueError(f"unexpected wire type {wire}")


def name_and_imports(file_descriptor):
    """FileDescriptorProto: name = 1, dependency = 3."""
    name, imports = None, []
    for number, value in fields(file_descriptor):
        if number == 1:
            name = value.decode()
        elif number == 3:
            imports.append(value.decode())
    return name, imports


def serialized_file(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "AddSerializedFile":
            return ast.literal_eval(node.args[0])
    return None


def main(wheel, out_dir):
    out = pathlib.Path(out_dir)
    files = {}
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            if entry.endswith("_pb2.py"):
                descriptor = serialized_file(archive.read(entry))
                if descriptor is None:
                    raise SystemExit(f"{entry} holds no AddSerializedFile(): has the wheel's layout changed?")
                name, imports = name_and_imports(descriptor)
                files[name] = (imports, descriptor)

    # Imports first: protoc takes a set only in that order.
    ordered, seen = [], set()

    def visit(name):
        if name in seen or name not in files:
            return  # not in files: google/protobuf/*, which come with libprotobuf
        seen.add(name)
        for imported in files[name][0]:
            visit(imported)
        ordered.append(name)

    for name in sorted(files):
        visit(name)

    with open(out / "envoy.pb", "wb") as descriptor_set:
        for name in ordered:
            descriptor = files[name][1]
            descriptor_set.write(b"\x0a" + encode_varint(len(descriptor)) + descriptor)
    with open(out / "dependencies.cmake", "w", encoding="utf-8") as table:
        for name in sorted(files):
            table.write(f'set("proto_deps_{name}" "{";".join(files[name][0])}")\n')
    print(f"{len(files)} protos")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2])
