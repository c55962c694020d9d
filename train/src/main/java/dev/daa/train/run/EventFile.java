package dev.daa.train.run;

import dev.daa.model.checkpoint.WriteFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// A TensorBoard event file: TFRecords of `tensorflow.Event` messages, one scalar a metric and step.
///
/// A record is its length (8 bytes, little-endian), the masked CRC-32C of those 8 bytes, the message and its masked
/// CRC-32C. The mask of a CRC c is `((c >>> 15) | (c << 17)) + 0xa282ead8`. Field numbers are those of
/// `event.proto` (wall_time 1, step 2, file_version 3, summary 5) and `summary.proto` (value 1; tag 1, simple_value 2).
final class EventFile implements MetricsSink, AutoCloseable {
    private static final int MASK = 0xa282ead8;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final Path file;
    private final FileChannel channel;

    /// Opens a new file; a resumed run writes one more, and TensorBoard shows them as one.
    ///
    /// @param wallSeconds seconds since 1970, part of the file's name and of its first record
    EventFile(Path folder, long wallSeconds) {
        file = folder.resolve("events.out.tfevents." + wallSeconds + ".daa");
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
            Message version = new Message();
            version.fixed64(1, Double.doubleToRawLongBits(wallSeconds));
            version.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
            write(version.content());
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }

    @Override
    public void record(Metrics metrics) {
        Message summary = new Message();
        metrics.forEach((tag, number) -> {
            Message value = new Message();
            value.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
            value.fixed32(2, Float.floatToRawIntBits((float) number));
            summary.bytes(1, value.content());
        });
        Message event = new Message();
        event.fixed64(1, Double.doubleToRawLongBits(System.currentTimeMillis() / 1e3));
        event.varint(2, metrics.step());
        event.bytes(5, summary.content());
        try {
            write(event.content());
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }

    private void write(byte[] message) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(16 + message.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(message.length);
        record.putInt(maskedCrc(record.array(), 0, 8));
        record.put(message);
        record.putInt(maskedCrc(message, 0, message.length));
        DurableFolder.writeFully(channel, record.array());
    }

    private static int maskedCrc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }

    /// A protocol buffer that grows: fields in the order in which they are given.
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        byte[] content() {
            return bytes.toByteArray();
        }

        void varint(int field, long value) {
            raw((long) field << 3 | VARINT);
            raw(value);
        }

        void fixed64(int field, long bits) {
            raw((long) field << 3 | FIXED64);
            write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(bits)
                    .array());
        }

        void fixed32(int field, int bits) {
            raw((long) field << 3 | FIXED32);
            write(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(bits)
                    .array());
        }

        void bytes(int field, byte[] content) {
            raw((long) field << 3 | BYTES);
            raw(content.length);
            write(content);
        }

        private void raw(long value) {
            long left = value;
            while ((left & ~0x7fL) != 0) {
                bytes.write((int) (left & 0x7f | 0x80));
                left >>>= 7;
            }
            bytes.write((int) left);
        }

        private void write(byte[] content) {
            bytes.writeBytes(content);
        }
    }
}
