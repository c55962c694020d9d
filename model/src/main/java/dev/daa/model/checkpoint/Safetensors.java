package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One safetensors file: mapped into memory and read a tensor at a time, or written as a whole.
public final class Safetensors implements TensorSource {
    private static final int CHUNK_VALUES = 1 << 18;
    private static final String LFS_POINTER = "version https://git-lfs";

    private final Path file;
    private final Arena arena;
    private final MemorySegment bytes;
    private final SafetensorsHeader header;

    private Safetensors(Path file, Arena arena, MemorySegment bytes, SafetensorsHeader header) {
        this.file = file;
        this.arena = arena;
        this.bytes = bytes;
        this.header = header;
    }

    /// Maps a file and checks its header.
    public static Safetensors open(Path file) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new Safetensors(file, arena, bytes, header(file.toString(), bytes));
        } catch (NoSuchFileException e) {
            arena.close();
            throw new InputException(file + ": no such file", e);
        } catch (IOException e) {
            arena.close();
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (InputException e) {
            arena.close();
            throw e;
        }
    }

    private static SafetensorsHeader header(String place, MemorySegment bytes) {
        long size = bytes.byteSize();
        byte[] start = bytes.asSlice(0, Math.min(size, LFS_POINTER.length())).toArray(ValueLayout.JAVA_BYTE);
        if (new String(start, StandardCharsets.ISO_8859_1).equals(LFS_POINTER)) {
            throw InputException.of(
                    place, "a git-LFS pointer", "the weights themselves", "fetch them with: git lfs pull");
        }
        if (size < SafetensorsHeader.LENGTH_BYTES + 2) {
            throw InputException.of(
                    place, size + " bytes", "a safetensors header of at least 10", "the file is cut off");
        }
        long declared = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        int length = SafetensorsHeader.length(place, declared, size);
        byte[] json = bytes.asSlice(SafetensorsHeader.LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        return SafetensorsHeader.parse(place, json, size);
    }

    @Override
    public String place() {
        return file.toString();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(header.tensors().keySet());
    }

    @Override
    public TensorInfo info(String name) {
        @Nullable TensorInfo info = header.tensors().get(name);
        if (info == null) {
            throw new InputException(file + ": has no tensor " + name);
        }
        return info;
    }

    @Override
    public void read(String name, float[] into, int offset) {
        TensorInfo info = info(name);
        if (!info.type().readable()) {
            throw InputException.of(file + ": tensor " + name, "dtype " + info.type(), "F32, F16 or BF16", "");
        }
        if (info.elements() > into.length - offset) {
            throw InputException.of(
                    file + ": tensor " + name, info.elements() + " values", "at most " + (into.length - offset), "");
        }
        info.type().read(bytes, header.dataStart() + info.begin(), into, offset, (int) info.elements());
    }

    @Override
    public void close() {
        arena.close();
    }

    /// A tensor to write. Its values are asked for when its turn comes, so that only one tensor is held at a time.
    ///
    /// @param name Hugging Face's name
    /// @param shape row-major
    /// @param values as many as the shape says
    public record Content(String name, List<Integer> shape, Supplier<float[]> values) {
        public Content {
            shape = List.copyOf(shape);
        }
    }

    /// Writes fp32 tensors as one file, in the order given. The file appears whole or not at all.
    public static void write(Path file, List<Content> contents) {
        List<TensorInfo> tensors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        long end = 0;
        for (Content content : contents) {
            if (!names.add(content.name())) {
                throw new IllegalArgumentException("tensor " + content.name() + " is given twice");
            }
            long begin = end;
            end += Float.BYTES * TensorInfo.elements(content.shape());
            tensors.add(new TensorInfo(content.name(), ElementType.F32, content.shape(), begin, end));
        }
        DurableFile.write(file, channel -> {
            writeFully(channel, ByteBuffer.wrap(SafetensorsHeader.render(tensors)));
            ByteBuffer chunk =
                    ByteBuffer.allocateDirect(Float.BYTES * CHUNK_VALUES).order(ByteOrder.LITTLE_ENDIAN);
            for (Content content : contents) {
                write(channel, chunk, content);
            }
        });
    }

    private static void write(FileChannel channel, ByteBuffer chunk, Content content) throws IOException {
        float[] values = content.values().get();
        if (values.length != TensorInfo.elements(content.shape())) {
            throw new IllegalArgumentException(
                    "tensor " + content.name() + " " + content.shape() + " is given " + values.length + " values");
        }
        for (int from = 0; from < values.length; from += CHUNK_VALUES) {
            int count = Math.min(CHUNK_VALUES, values.length - from);
            chunk.clear().limit(Float.BYTES * count);
            chunk.asFloatBuffer().put(values, from, count);
            writeFully(channel, chunk);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
