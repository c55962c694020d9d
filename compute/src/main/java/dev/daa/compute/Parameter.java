package dev.daa.compute;

/// A trainable matrix: `rows × columns` fp32 values at `offset` of an array of its [ParameterLayout]. A vector has one
/// row. Weights of linear maps are `[out, in]`, embeddings `[vocabulary, width]`.
///
/// @param layout name of the layout it belongs to
/// @param name unique in its layout
/// @param rows matrix rows
/// @param columns values per row
/// @param array number of the layout's array that it lies in
/// @param offset first value in that array
public record Parameter(String layout, String name, int rows, int columns, int array, int offset) {
    public int size() {
        return rows * columns;
    }
}
