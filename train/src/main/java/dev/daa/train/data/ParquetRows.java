package dev.daa.train.data;

import dev.daa.compute.InputException;
import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads Parquet files, as data sets come from Hugging Face, into the objects that their rows would be as JSON lines:
/// strings, numbers, booleans, lists and structs.
final class ParquetRows {
    private ParquetRows() {}

    static void read(Path file, Consumer<DataLine> row) throws IOException {
        ParquetReadOptions options = ParquetReadOptions.builder(new PlainParquetConfiguration())
                .withCodecFactory(new Codecs(file))
                .build();
        Source source = new Source(file);
        try (ParquetFileReader reader = source.of(() -> ParquetFileReader.open(new Input(file), options))) {
            MessageType schema = reader.getFileMetaData().getSchema();
            long number = 0;
            for (PageReadStore rows = source.of(reader::readNextRowGroup);
                    rows != null;
                    rows = source.of(reader::readNextRowGroup)) {
                RecordReader<Group> records = records(source, rows, schema);
                for (long i = 0; i < rows.getRowCount(); i++) {
                    number++;
                    String place = file + ": row " + number;
                    row.accept(new DataLine(place, number, object(place, source.of(records::read))));
                }
            }
        }
    }

    /// Has the file's name in messages.
    private static final class Input extends LocalInputFile {
        private final Path file;

        Input(Path file) {
            super(file);
            this.file = file;
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    private static RecordReader<Group> records(Source source, PageReadStore rows, MessageType schema)
            throws IOException {
        return source.of(() ->
                new ColumnIOFactory().getColumnIO(schema).getRecordReader(rows, new GroupRecordConverter(schema)));
    }

    /// What parquet-java is asked for. It throws unchecked exceptions of any kind for files that are cut off or
    /// damaged; around its calls alone they mean that, elsewhere they are defects.
    private record Source(Path file) {
        interface Call<T extends @Nullable Object> {
            T answer() throws IOException;
        }

        <T extends @Nullable Object> T of(Call<T> call) throws IOException {
            try {
                return call.answer();
            } catch (InputException e) {
                throw e;
            } catch (RuntimeException e) {
                // Its messages may go on with the whole schema.
                String what = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
                throw new InputException(file + ": not a whole Parquet file (" + what + "); fetch it again", e);
            }
        }
    }

    private static ObjectNode object(String place, Group group) {
        ObjectNode object = JsonMapper.shared().createObjectNode();
        GroupType type = group.getType();
        for (int field = 0; field < type.getFieldCount(); field++) {
            Type fieldType = type.getType(field);
            if (fieldType.isRepetition(Type.Repetition.REPEATED)) {
                addAll(place, object.putArray(fieldType.getName()), group, field);
            } else if (group.getFieldRepetitionCount(field) > 0) {
                ArrayNode one = JsonMapper.shared().createArrayNode();
                add(place, one, group, field, 0);
                object.set(fieldType.getName(), one.get(0));
            }
        }
        return object;
    }

    private static void addAll(String place, ArrayNode list, Group group, int field) {
        for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
            add(place, list, group, field, i);
        }
    }

    private static void add(String place, ArrayNode list, Group group, int field, int index) {
        Type type = group.getType().getType(field);
        if (type.isPrimitive()) {
            addPrimitive(place, list, group, field, index, type.asPrimitiveType());
        } else if (type.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation) {
            Group outer = group.getGroup(field, index);
            ArrayNode elements = list.addArray();
            boolean wrapped = isWrapped(outer.getType());
            for (int i = 0; i < outer.getFieldRepetitionCount(0); i++) {
                if (wrapped && outer.getGroup(0, i).getFieldRepetitionCount(0) == 0) {
                    elements.addNull();
                } else if (wrapped) {
                    add(place, elements, outer.getGroup(0, i), 0, 0);
                } else {
                    add(place, elements, outer, 0, i);
                }
            }
        } else {
            list.add(object(place, group.getGroup(field, index)));
        }
    }

    /// Whether a list is a group of one repeated group of one element. In files of older writers (Avro, Hive,
    /// Spark) what is repeated may be the element itself, by the rules of Parquet's LogicalTypes.md.
    private static boolean isWrapped(GroupType list) {
        Type repeated = list.getType(0);
        return !repeated.isPrimitive()
                && repeated.asGroupType().getFieldCount() == 1
                && !repeated.getName().equals("array")
                && !repeated.getName().equals(list.getName() + "_tuple");
    }

    private static void addPrimitive(
            String place, ArrayNode list, Group group, int field, int index, PrimitiveType type) {
        switch (type.getPrimitiveTypeName()) {
            case BOOLEAN -> list.add(group.getBoolean(field, index));
            case INT32 -> list.add(group.getInteger(field, index));
            case INT64 -> list.add(group.getLong(field, index));
            case FLOAT -> list.add(group.getFloat(field, index));
            case DOUBLE -> list.add(group.getDouble(field, index));
            case BINARY ->
                addBytes(place, list, type, group.getBinary(field, index).getBytes());
            case INT96, FIXED_LEN_BYTE_ARRAY ->
                list.addNull(); // timestamps and decimals: nothing that rows are made of
        }
    }

    /// Text, which old writers do not mark as such. Other bytes are images and the like: nothing that rows are made
    /// of.
    private static void addBytes(String place, ArrayNode list, PrimitiveType type, byte[] bytes) {
        boolean marked = switch (type.getLogicalTypeAnnotation()) {
            case StringLogicalTypeAnnotation _, EnumLogicalTypeAnnotation _, JsonLogicalTypeAnnotation _ -> true;
            case null, default -> false;
        };
        if (marked || type.getLogicalTypeAnnotation() == null && JsonLines.isUtf8(bytes)) {
            list.add(JsonLines.decode(place + ": " + type.getName(), bytes));
        } else {
            list.addNull();
        }
    }

    /// Decoders in Java, where parquet-java would load native code.
    private record Codecs(Path file) implements CompressionCodecFactory {
        @Override
        public BytesInputCompressor getCompressor(CompressionCodecName codec) {
            throw new UnsupportedOperationException("Parquet files are only read");
        }

        @Override
        public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
            return new Decoder(file, codec);
        }

        @Override
        public void release() {}
    }

    private static final class Decoder implements CompressionCodecFactory.BytesInputDecompressor {
        private final CompressionCodecName codec;
        private final @Nullable Decompressor block;

        Decoder(Path file, CompressionCodecName codec) {
            this.codec = codec;
            block = switch (codec) {
                case SNAPPY -> new SnappyDecompressor();
                case ZSTD -> new ZstdDecompressor();
                case LZ4_RAW -> new Lz4Decompressor();
                case GZIP, UNCOMPRESSED -> null;
                case LZO, BROTLI, LZ4 ->
                    throw InputException.of(
                            file.toString(),
                            "Parquet compression " + codec,
                            "snappy, zstd, gzip, lz4_raw or none",
                            "write it again with one of these");
            };
        }

        @Override
        public BytesInput decompress(BytesInput bytes, int size) throws IOException {
            byte[] in = bytes.toInputStream().readAllBytes();
            return BytesInput.from(decompressed(in, size));
        }

        @Override
        public void decompress(ByteBuffer input, int inputSize, ByteBuffer output, int size) throws IOException {
            byte[] in = new byte[inputSize];
            input.get(in);
            output.put(decompressed(in, size));
        }

        private byte[] decompressed(byte[] in, int size) throws IOException {
            if (block != null) {
                byte[] out = new byte[size];
                block.decompress(in, 0, in.length, out, 0, size);
                return out;
            }
            if (codec == CompressionCodecName.UNCOMPRESSED) {
                return in;
            }
            try (InputStream gzip = new GZIPInputStream(new ByteArrayInputStream(in))) {
                return gzip.readAllBytes();
            }
        }

        @Override
        public void release() {}
    }
}
