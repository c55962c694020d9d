package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Event files read back by TensorBoard's own rules: the framing of TFRecords with a bitwise CRC-32C, and protocol
/// buffers by their wire format.
final class EventFileTest {
    @TempDir
    Path folder;

    /// CRC-32C bit by bit, polynomial 0x1EDC6F41 reflected (RFC 3720, B.4).
    private static int crc(byte[] bytes) {
        int crc = -1;
        for (byte value : bytes) {
            crc ^= value & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
            }
        }
        return ~crc;
    }

    private static int masked(byte[] bytes) {
        int crc = crc(bytes);
        return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    }

    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] header = new byte[8];
            bytes.get(header);
            assertThat(bytes.getInt()).as("CRC of the length").isEqualTo(masked(header));
            byte[] data = new byte
                    [Math.toIntExact(ByteBuffer.wrap(header)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            bytes.get(data);
            assertThat(bytes.getInt()).as("CRC of the data").isEqualTo(masked(data));
            records.add(data);
        }
        return records;
    }

    /// Fields of a message in order: the number and a Long, an Integer or bytes by the wire type.
    private record Field(int number, Object value) {}

    private static List<Field> fields(byte[] message) {
        ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        List<Field> fields = new ArrayList<>();
        while (bytes.hasRemaining()) {
            long key = varint(bytes);
            Object value = switch ((int) (key & 7)) {
                case 0 -> varint(bytes);
                case 1 -> bytes.getLong();
                case 5 -> bytes.getInt();
                case 2 -> {
                    byte[] content = new byte[(int) varint(bytes)];
                    bytes.get(content);
                    yield content;
                }
                default -> throw new AssertionError("wire type " + (key & 7));
            };
            fields.add(new Field((int) (key >>> 3), value));
        }
        return fields;
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static Map<String, Float> scalars(byte[] summary) {
        Map<String, Float> scalars = new TreeMap<>();
        for (Field value : fields(summary)) {
            assertThat(value.number()).isEqualTo(1);
            List<Field> parts = fields((byte[]) value.value());
            assertThat(parts).extracting(Field::number).containsExactly(1, 2);
            scalars.put(
                    new String((byte[]) parts.getFirst().value(), StandardCharsets.UTF_8),
                    Float.intBitsToFloat((int) parts.getLast().value()));
        }
        return scalars;
    }

    @Test
    void itsChecksumIsThatOfTheStandard() {
        assertThat(crc("123456789".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0xe3069283);
    }

    @Test
    void readsBackByTensorBoardsRules() throws IOException {
        try (RunFolder run = RunFolder.open(folder)) {
            MetricsSink sink = run.metricsAfter(-1);
            sink.record(Metrics.at(1).with("loss", 0.5).with("rewards/margins", -2.25));
            sink.record(Metrics.at(300).with("loss", Double.NaN));
        }
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.filter(path -> path.getFileName().toString().startsWith("events.out.tfevents."))
                    .findFirst()
                    .orElseThrow();
        }
        List<byte[]> records = records(file);
        assertThat(records).hasSize(3);
        List<Field> version = fields(records.getFirst());
        assertThat(version).extracting(Field::number).containsExactly(1, 3);
        assertThat((byte[]) version.getLast().value())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("brain.Event:2");
        List<Field> first = fields(records.get(1));
        assertThat(first).extracting(Field::number).containsExactly(1, 2, 5);
        assertThat(first.get(1).value()).isEqualTo(1L);
        assertThat(Double.longBitsToDouble((long) first.getFirst().value())).isGreaterThan(1.6e9);
        assertThat(scalars((byte[]) first.get(2).value())).isEqualTo(Map.of("loss", 0.5f, "rewards/margins", -2.25f));
        List<Field> second = fields(records.get(2));
        assertThat(second.get(1).value()).isEqualTo(300L);
        assertThat(scalars((byte[]) second.get(2).value())).isEqualTo(Map.of("loss", Float.NaN));
        assertThat(Files.readString(folder.resolve("metrics.csv")))
                .isEqualTo("step,loss,rewards/margins\n1,0.5,-2.25\n300,,\n");
    }
}
