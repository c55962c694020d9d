package dev.daa.compute;

/// A trainable matrix: `rows × columns` fp32 values at `offset` of the flat buffer of its
/// [ParameterLayout]. A vector has one row. Weights of linear maps are `[out, in]`, embeddings
/// `[vocabulary, width]`.
///
/// @param layout name of the layout it belongs to
/// @param name unique in its layout
/// @param rows matrix rows
/// @param columns values per row
/// @param offset first value in the layout's flat buffer
public record Parameter(String layout, String name, int rows, int columns, int offset) {
    public int size() {
        return rows * columns;
    }
}
