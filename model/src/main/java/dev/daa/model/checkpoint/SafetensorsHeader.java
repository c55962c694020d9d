package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.model.json.ParserMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The header of a safetensors file: 8 bytes that give its length (little-endian), then JSON of that length, then the
/// tensors' bytes, which the JSON's `data_offsets` must cover without overlap or hole.
///
/// Source: the format's specification, https://huggingface.co/docs/safetensors.
///
/// @param tensors by name, in the order of the header
/// @param dataStart byte of the file at which offset 0 lies
record SafetensorsHeader(Map<String, TensorInfo> tensors, long dataStart) {
    /// The format's own limit on the length of the JSON.
    static final long MAXIMUM_LENGTH = 100_000_000;

    static final int LENGTH_BYTES = 8;
    private static final String METADATA = "__metadata__";
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /// Checks the length field of a file of `fileSize` bytes and returns it.
    static int length(String place, long length, long fileSize) {
        long limit = Math.min(MAXIMUM_LENGTH, fileSize - LENGTH_BYTES);
        if (length < 2 || length > limit) {
            throw InputException.of(
                    place,
                    "a header of " + Long.toUnsignedString(length) + " bytes",
                    "2 to " + limit + " in a file of " + fileSize + " bytes",
                    "the file is cut off or not safetensors");
        }
        return (int) length;
    }

    /// Reads the JSON of a header and checks every tensor against the size of the file.
    static SafetensorsHeader parse(String place, byte[] json, long fileSize) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new InputException(place + ": the header is not valid JSON: " + ParserMessage.of(e), e);
        }
        if (!(root instanceof ObjectNode object)) {
            throw InputException.of(place, "a header that is no JSON object", "one entry per tensor", "");
        }
        long dataStart = LENGTH_BYTES + (long) json.length;
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!entry.getKey().equals(METADATA)) {
                tensors.put(entry.getKey(), tensor(place, entry.getKey(), entry.getValue()));
            }
        }
        checkCover(place, tensors, fileSize - dataStart);
        return new SafetensorsHeader(tensors, dataStart);
    }

    private static TensorInfo tensor(String place, String name, JsonNode node) {
        String where = place + ": tensor " + name;
        ElementType type = type(where, node.path("dtype"));
        List<Integer> shape = new ArrayList<>();
        if (!(node.path("shape") instanceof ArrayNode extents)) {
            throw InputException.of(where, "shape " + shown(node.path("shape")), "a list of integers", "");
        }
        for (JsonNode extent : extents) {
            if (!extent.isIntegralNumber() || !extent.canConvertToInt() || extent.intValue() < 0) {
                throw InputException.of(
                        where, "shape " + shown(extents), "integers from 0 to " + Integer.MAX_VALUE, "");
            }
            shape.add(extent.intValue());
        }
        JsonNode offsets = node.path("data_offsets");
        if (!(offsets instanceof ArrayNode)
                || offsets.size() != 2
                || !offset(offsets.path(0))
                || !offset(offsets.path(1))) {
            throw InputException.of(where, "data_offsets " + shown(offsets), "two integers of at least 0", "");
        }
        TensorInfo info = new TensorInfo(
                name, type, shape, offsets.path(0).longValue(), offsets.path(1).longValue());
        if (bytes(where, info) != info.end() - info.begin()) {
            throw InputException.of(
                    where,
                    "data_offsets " + shown(offsets) + " (" + (info.end() - info.begin()) + " bytes)",
                    bytes(where, info) + " bytes for " + type + " " + shape,
                    "");
        }
        return info;
    }

    private static ElementType type(String where, JsonNode node) {
        return Stream.of(ElementType.values())
                .filter(type -> node.isString() && type.name().equals(node.stringValue()))
                .findFirst()
                .orElseThrow(() -> InputException.of(
                        where,
                        "dtype " + shown(node),
                        "one of "
                                + Stream.of(ElementType.values())
                                        .map(ElementType::name)
                                        .collect(Collectors.joining(", ")),
                        ""));
    }

    private static boolean offset(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0;
    }

    private static long bytes(String where, TensorInfo info) {
        try {
            return Math.multiplyExact(info.elements(), (long) info.type().bytes());
        } catch (ArithmeticException e) {
            throw new InputException(where + ": shape " + info.shape() + " has more than 2^63 bytes", e);
        }
    }

    /// Every byte after the header belongs to exactly one tensor.
    private static void checkCover(String place, Map<String, TensorInfo> tensors, long dataBytes) {
        List<TensorInfo> ordered = tensors.values().stream()
                .sorted(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end))
                .toList();
        long covered = 0;
        for (TensorInfo tensor : ordered) {
            if (tensor.begin() != covered) {
                throw InputException.of(
                        place + ": tensor " + tensor.name(),
                        "a start at byte " + tensor.begin(),
                        covered + ", where the tensor before it ends",
                        tensor.begin() < covered ? "tensors overlap" : "there is a hole");
            }
            covered = tensor.end();
            if (covered > dataBytes) {
                throw InputException.of(
                        place + ": tensor " + tensor.name(),
                        "an end at byte " + covered,
                        "at most " + dataBytes + ", the bytes after the header",
                        "the file is cut off");
            }
        }
        if (covered != dataBytes) {
            throw InputException.of(
                    place,
                    dataBytes + " bytes after the header",
                    covered + ", the end of the last tensor",
                    "the file has bytes that belong to no tensor");
        }
    }

    /// The bytes of a file before its tensors' data: length and JSON, padded with spaces to a multiple of 8.
    ///
    /// @param tensors in the order of their data
    static byte[] render(List<TensorInfo> tensors) {
        ObjectNode root = JSON.createObjectNode();
        root.putObject(METADATA).put("format", "pt");
        for (TensorInfo tensor : tensors) {
            ObjectNode entry = root.putObject(tensor.name());
            entry.put("dtype", tensor.type().name());
            ArrayNode shape = entry.putArray("shape");
            tensor.shape().forEach(shape::add);
            entry.putArray("data_offsets").add(tensor.begin()).add(tensor.end());
        }
        byte[] json = JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8;
        byte[] header = new byte[LENGTH_BYTES + padded];
        java.util.Arrays.fill(header, (byte) ' ');
        for (int i = 0; i < LENGTH_BYTES; i++) {
            header[i] = (byte) ((long) padded >>> 8 * i);
        }
        System.arraycopy(json, 0, header, LENGTH_BYTES, json.length);
        return header;
    }

    private static String shown(JsonNode node) {
        if (node.isMissingNode()) {
            return "none";
        }
        String text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }
}
