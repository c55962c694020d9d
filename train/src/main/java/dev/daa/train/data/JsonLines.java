package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.json.ByteOrderMark;
import dev.daa.model.json.ParserMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Parses one JSON object a line. Blank lines are skipped, and so is a byte-order mark before the first.
final class JsonLines {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonLines() {}

    /// Reads to the end of a stream.
    ///
    /// @param file its name, for errors
    /// @throws InputException naming file, line and column of what is no JSON object in UTF-8
    static void read(Path file, InputStream in, Consumer<DataLine> row) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int number = 0;
        for (int next = in.read(); next >= 0 || bytes.size() > 0; next = in.read()) {
            if (next >= 0 && next != '\n') {
                bytes.write(next);
                continue;
            }
            number++;
            String place = file + ":" + number;
            String line = decode(place, bytes.toByteArray());
            String text = number == 1 ? ByteOrderMark.strip(line) : line;
            bytes.reset();
            if (!text.isBlank()) {
                row.accept(new DataLine(place, number, parse(place, text)));
            }
            if (next < 0) {
                break;
            }
        }
    }

    static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /// Text of bytes that must be UTF-8.
    static String decode(String place, byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            throw InputException.of(
                    place + ":" + (out.position() + 1),
                    "byte 0x%02x that is not UTF-8".formatted(bytes[in.position()] & 0xff),
                    "text in UTF-8",
                    "convert the file");
        }
        return out.flip().toString();
    }

    private static ObjectNode parse(String place, String text) {
        JsonNode node;
        try (JsonParser parser = JSON.createParser(text)) {
            node = JSON.readTree(parser);
            if (parser.nextToken() != null) {
                throw InputException.of(
                        place + ":" + parser.currentTokenLocation().getColumnNr(),
                        "more text after the object",
                        "one JSON object a line",
                        "");
            }
        } catch (JacksonException e) {
            int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
            throw new InputException(
                    place + ":" + column + ": found broken JSON (" + ParserMessage.of(e)
                            + "), expected one JSON object a line",
                    e);
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw InputException.of(place + ":1", "JSON that is no object", "one JSON object a line", "");
    }
}
