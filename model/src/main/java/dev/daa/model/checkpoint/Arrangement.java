package dev.daa.model.checkpoint;

/// How the values of a checkpoint tensor lie in one of our parameters. Our weights are `[out, in]`; a vector counts as
/// a matrix of one column.
sealed interface Arrangement {
    /// Copies a tensor's values to the parameter's.
    ///
    /// @param tensor row-major, as on disk
    /// @param from first value of the tensor
    /// @param flat holds the parameter
    /// @param to first value of the parameter
    void toParameter(float[] tensor, int from, float[] flat, int to);

    /// Copies the parameter's values to a tensor, the inverse of [#toParameter].
    void toTensor(float[] flat, int from, float[] tensor, int to);

    /// The tensor is a run of consecutive rows, or the whole parameter.
    ///
    /// @param start first value within the parameter
    /// @param count values
    record Slice(int start, int count) implements Arrangement {
        @Override
        public void toParameter(float[] tensor, int from, float[] flat, int to) {
            System.arraycopy(tensor, from, flat, to + start, count);
        }

        @Override
        public void toTensor(float[] flat, int from, float[] tensor, int to) {
            System.arraycopy(flat, from + start, tensor, to, count);
        }
    }

    /// The tensor is `[in, out]`: GPT-2's `Conv1D`.
    ///
    /// @param out rows of the parameter
    /// @param in columns of the parameter
    record Transposed(int out, int in) implements Arrangement {
        private static final int BLOCK = 32;

        @Override
        public void toParameter(float[] tensor, int from, float[] flat, int to) {
            transpose(tensor, from, in, out, flat, to);
        }

        @Override
        public void toTensor(float[] flat, int from, float[] tensor, int to) {
            transpose(flat, from, out, in, tensor, to);
        }

        /// `target[c, r] = source[r, c]`, in blocks that stay in the cache.
        private static void transpose(float[] source, int from, int rows, int columns, float[] target, int to) {
            for (int firstRow = 0; firstRow < rows; firstRow += BLOCK) {
                int lastRow = Math.min(rows, firstRow + BLOCK);
                for (int firstColumn = 0; firstColumn < columns; firstColumn += BLOCK) {
                    int lastColumn = Math.min(columns, firstColumn + BLOCK);
                    for (int row = firstRow; row < lastRow; row++) {
                        for (int column = firstColumn; column < lastColumn; column++) {
                            target[to + column * rows + row] = source[from + row * columns + column];
                        }
                    }
                }
            }
        }
    }

    /// The tensor's rows are `[heads, 3, headSize]`, ours `[3, heads, headSize]`: GPT-NeoX's packed projection.
    ///
    /// @param heads query heads, as many as key-value heads
    /// @param headRun values of one head's queries: headSize × columns
    record HeadsTogether(int heads, int headRun) implements Arrangement {
        @Override
        public void toParameter(float[] tensor, int from, float[] flat, int to) {
            for (int head = 0; head < heads; head++) {
                for (int part = 0; part < 3; part++) {
                    System.arraycopy(
                            tensor,
                            from + (head * 3 + part) * headRun,
                            flat,
                            to + (part * heads + head) * headRun,
                            headRun);
                }
            }
        }

        @Override
        public void toTensor(float[] flat, int from, float[] tensor, int to) {
            for (int head = 0; head < heads; head++) {
                for (int part = 0; part < 3; part++) {
                    System.arraycopy(
                            flat,
                            from + (part * heads + head) * headRun,
                            tensor,
                            to + (head * 3 + part) * headRun,
                            headRun);
                }
            }
        }
    }
}
