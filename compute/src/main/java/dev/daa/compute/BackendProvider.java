package dev.daa.compute;

/// Makes backends of one kind; found by [java.util.ServiceLoader].
public interface BackendProvider {
    /// Name that users give: `cpu`, `tornado`.
    String name();

    /// Opens a backend.
    ///
    /// @param device the part of the user's choice behind the name, such as `0:1` of `tornado:0:1`; empty for
    /// the default
    /// @param threads host threads that the backend may use
    Backend open(String device, int threads);
}
