package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.daa.compute.InputException;
import io.airlift.compress.Compressor;
import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.snappy.SnappyCompressor;
import io.airlift.compress.zstd.ZstdCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files by parquet-java's own writer.
final class ParquetRowsTest {
    private static final MessageType SCHEMA = MessageTypeParser.parseMessageType("""
        message schema {
          optional binary prompt (STRING);
          optional group messages (LIST) {
            repeated group list {
              optional group element {
                optional binary role (STRING);
                optional binary content (STRING);
              }
            }
          }
          optional group ids (LIST) { repeated group list { optional int64 element; } }
          optional boolean label;
          optional double score;
          required int32 number;
          optional float rate;
        }
        """);

    @TempDir
    Path folder;

    private static Group row(int number) {
        Group row = new SimpleGroup(SCHEMA);
        row.add("number", number);
        if (number % 3 == 0) {
            return row;
        }
        row.add("prompt", "prompt é " + number % 5);
        Group messages = row.addGroup("messages");
        for (String role : List.of("user", "assistant")) {
            Group message = messages.addGroup("list").addGroup("element");
            message.add("role", role);
            message.add("content", role + number);
        }
        row.addGroup("ids").addGroup("list").add("element", 5_000_000_000L + number);
        row.add("label", number % 2 == 0);
        row.add("score", number / 8.0);
        row.add("rate", number / 4f);
        return row;
    }

    private static String json(int number) {
        if (number % 3 == 0) {
            return "{\"number\":" + number + "}";
        }
        return ("{'prompt':'prompt é %d','messages':[{'role':'user','content':'user%d'},{'role':'assistant',"
                        + "'content':'assistant%d'}],'ids':[%d],'label':%b,'score':%s,'number':%d,'rate':%s}")
                .formatted(
                        number % 5,
                        number,
                        number,
                        5_000_000_000L + number,
                        number % 2 == 0,
                        number / 8.0,
                        number,
                        number / 4f)
                .replace('\'', '"');
    }

    private Path write(CompressionCodecName codec, WriterVersion version, int rows) throws IOException {
        Path file = folder.resolve(codec + "-" + version + ".parquet");
        try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(new LocalOutputFile(file))
                .withConf(new PlainParquetConfiguration())
                .withType(SCHEMA)
                .withWriterVersion(version)
                .withCodecFactory(new Encoders())
                .withCompressionCodec(codec)
                .withRowGroupSize(4096L)
                .withPageSize(512)
                .build()) {
            for (int i = 0; i < rows; i++) {
                writer.write(row(i));
            }
        }
        return file;
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionCodecName.class,
            names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"})
    void readsEveryRowInEveryCompression(CompressionCodecName codec) throws IOException {
        for (WriterVersion version : WriterVersion.values()) {
            List<String> places = new ArrayList<>();
            Path file = write(codec, version, 257);
            DataFile.read(file, line -> {
                int number = places.size();
                assertThat(line.object().toString()).isEqualTo(json(number));
                places.add(line.place());
            });
            assertThat(places).hasSize(257);
            assertThat(places.getLast()).isEqualTo(file + ": row 257");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionCodecName.class,
            names = {"LZO", "BROTLI", "LZ4"})
    void aCompressionThatIsNotKnownIsRefusedWithTheFilesName(CompressionCodecName codec) throws IOException {
        Path file = write(codec, WriterVersion.PARQUET_1_0, 7);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> DataFile.read(file, _ -> {}))
                .withMessage(file + ": found Parquet compression " + codec
                        + ", expected snappy, zstd, gzip, lz4_raw or none; write it again with one of these");
    }

    /// What fails while rows are used says nothing of the file.
    @Test
    void aDefectOfTheReaderIsNoDamageOfTheFile() throws IOException {
        Path file = write(CompressionCodecName.SNAPPY, WriterVersion.PARQUET_1_0, 7);
        assertThatIllegalStateException()
                .isThrownBy(() -> DataFile.read(file, _ -> {
                    throw new IllegalStateException("a defect");
                }))
                .withMessage("a defect");
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionCodecName.class,
            names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"})
    void aDamagedFileIsOneLine(CompressionCodecName codec) throws IOException {
        byte[] whole = Files.readAllBytes(write(codec, WriterVersion.PARQUET_2_0, 257));
        Path file = folder.resolve("damaged.parquet");
        for (int at = 4; at < whole.length; at += 1 + whole.length / 97) {
            byte[] bytes = whole.clone();
            bytes[at] ^= 0x55;
            Files.write(file, bytes);
            try {
                DataFile.read(file, _ -> {});
            } catch (InputException told) {
                assertThat(told).hasMessageStartingWith(file.toString()).hasMessageNotContaining("\n");
            }
        }
    }

    private static ParquetWriter<Group> writer(Path file, MessageType schema) throws IOException {
        return ExampleParquetWriter.builder(new LocalOutputFile(file))
                .withConf(new PlainParquetConfiguration())
                .withType(schema)
                .withCodecFactory(new Encoders())
                .build();
    }

    /// Columns that are marked as text, not marked, or marked as something else; an image beside them stops
    /// nothing.
    @Test
    void bytesAreTextWhereTheyMayBe() throws IOException {
        Path file = folder.resolve("bytes.parquet");
        MessageType schema = MessageTypeParser.parseMessageType(
                "message schema { required binary prompt; required binary image; required binary price (DECIMAL(9,2));"
                        + " required binary chosen (STRING); }");
        try (ParquetWriter<Group> writer = writer(file, schema)) {
            for (byte last : new byte[] {'t', (byte) 0xff}) {
                Group row = new SimpleGroup(schema);
                row.add("prompt", Binary.fromString("größer"));
                row.add("image", Binary.fromConstantByteArray(new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
                row.add("price", Binary.fromConstantByteArray(new byte[] {'1'}));
                row.add("chosen", Binary.fromConstantByteArray(new byte[] {'o', last}));
                writer.write(row);
            }
        }
        List<String> rows = new ArrayList<>();
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(
                        () -> DataFile.read(file, line -> rows.add(line.object().toString())))
                .withMessage(file
                        + ": row 2: chosen:2: found byte 0xff that is not UTF-8, expected text in UTF-8;"
                        + " convert the file");
        assertThat(rows).containsExactly("{\"prompt\":\"größer\",\"image\":null,\"price\":null,\"chosen\":\"ot\"}");
    }

    @Test
    void aFileThatIsCutOffIsNamedByItsName() throws IOException {
        byte[] whole = Files.readAllBytes(write(CompressionCodecName.SNAPPY, WriterVersion.PARQUET_1_0, 7));
        Path file = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(whole, whole.length - 9));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> DataFile.read(file, _ -> {}))
                .withMessageContaining("not a whole Parquet file (" + file + " is not a Parquet file")
                .withMessageEndingWith("; fetch it again");
    }

    /// The shapes of lists that Parquet's LogicalTypes.md tells readers to understand.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(LIST) { repeated group list { optional group element { %s } } }",
                "(LIST) { repeated group bag { optional group array_element { %s } } }",
                "(LIST) { repeated group array { %s } }",
                "(LIST) { repeated group messages_tuple { %s } }",
                "(LIST) { repeated group element { %s optional int32 turn; } }"
            })
    void listsOfOlderWritersAreTheSameLists(String shape) throws IOException {
        Path file = folder.resolve("lists.parquet");
        MessageType schema = MessageTypeParser.parseMessageType("message schema { optional group messages "
                + shape.formatted("optional binary content (STRING);") + " }");
        try (ParquetWriter<Group> writer = writer(file, schema)) {
            Group row = new SimpleGroup(schema);
            Group messages = row.addGroup("messages");
            for (String content : List.of("Hi", "Hello")) {
                Group repeated = messages.addGroup(0);
                boolean element = repeated.getType().getType(0).isPrimitive();
                (element ? repeated : repeated.addGroup(0)).add("content", content);
            }
            writer.write(row);
        }
        List<String> rows = new ArrayList<>();
        DataFile.read(file, line -> rows.add(line.object().toString()));
        assertThat(rows).containsExactly("{\"messages\":[{\"content\":\"Hi\"},{\"content\":\"Hello\"}]}");
    }

    @Test
    void feedsTheReader() throws IOException {
        Path file = folder.resolve("pairs.parquet");
        MessageType schema = MessageTypeParser.parseMessageType(
                "message schema { optional group prompt_ids (LIST) { repeated group list { optional int64 element; } }"
                        + " }");
        try (ParquetWriter<Group> writer = writer(file, schema)) {
            Group row = new SimpleGroup(schema);
            Group ids = row.addGroup("prompt_ids");
            ids.addGroup("list").add("element", 3L);
            ids.addGroup("list").add("element", 7L);
            writer.write(row);
        }
        assertThat(DataReader.ofIds(10).prompts(file)).containsExactly(new int[] {3, 7});
    }

    private static final class Encoders implements CompressionCodecFactory {
        @Override
        public BytesInputCompressor getCompressor(CompressionCodecName codec) {
            return new Encoder(codec);
        }

        @Override
        public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void release() {}
    }

    private record Encoder(CompressionCodecName codec) implements CompressionCodecFactory.BytesInputCompressor {
        @Override
        public BytesInput compress(BytesInput bytes) throws IOException {
            byte[] in = bytes.toInputStream().readAllBytes();
            return switch (codec) {
                case SNAPPY -> compressed(new SnappyCompressor(), in);
                case ZSTD -> compressed(new ZstdCompressor(), in);
                case LZ4_RAW -> compressed(new Lz4Compressor(), in);
                case GZIP -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                        gzip.write(in);
                    }
                    yield BytesInput.from(out.toByteArray());
                }
                default -> BytesInput.from(in);
            };
        }

        private static BytesInput compressed(Compressor compressor, byte[] in) {
            byte[] out = new byte[compressor.maxCompressedLength(in.length)];
            return BytesInput.from(Arrays.copyOf(out, compressor.compress(in, 0, in.length, out, 0, out.length)));
        }

        @Override
        public CompressionCodecName getCodecName() {
            return codec;
        }

        @Override
        public void release() {}
    }
}
