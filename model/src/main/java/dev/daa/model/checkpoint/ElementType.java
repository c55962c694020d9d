package dev.daa.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Element types of the safetensors format, by the names of its headers. Only the three floating types of at most 32
/// bits are read as values; the others occur in buffers that are skipped.
public enum ElementType {
    BOOL(1),
    U8(1),
    I8(1),
    F8_E5M2(1),
    F8_E4M3(1),
    I16(2),
    U16(2),
    F16(2),
    BF16(2),
    I32(4),
    U32(4),
    F32(4),
    F64(8),
    I64(8),
    U64(8);

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }

    /// Whether its values are read as fp32.
    public boolean readable() {
        return this == F32 || this == F16 || this == BF16;
    }

    /// Copies `count` little-endian elements that start at byte `from` of `source` to `into[offset…]` as fp32.
    void read(MemorySegment source, long from, float[] into, int offset, int count) {
        switch (this) {
            case F32 -> MemorySegment.copy(source, FLOAT, from, into, offset, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    into[offset + i] = Float.float16ToFloat(source.get(SHORT, from + 2L * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    into[offset + i] = Float.intBitsToFloat(source.get(SHORT, from + 2L * i) << 16);
                }
            }
            case BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, I32, U32, F64, I64, U64 ->
                throw new IllegalArgumentException(name() + " is not read as fp32");
        }
    }
}
