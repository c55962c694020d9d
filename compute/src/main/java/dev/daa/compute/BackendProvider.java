package dev.daa.compute;

import java.util.List;
import java.util.Optional;

/// Makes backends of one kind; found by [java.util.ServiceLoader].
public interface BackendProvider {
    /// Name that users give: `cpu`, `tornado`.
    String name();

    /// Opens a backend.
    ///
    /// @param device the part of the user's choice behind the name, such as `0:1` of `tornado:0:1`; empty for
    /// the default
    /// @param threads host threads that the backend may use
    /// @param precision of matrix products
    /// @throws InputException when there is no such device, or it has no such precision
    Backend open(String device, int threads, MatmulPrecision precision);

    /// The device that a user who names none is served best with, where the backend has a GPU to offer.
    default Optional<String> gpu() {
        return Optional.empty();
    }

    /// One line for each device that a user can choose: the part behind the backend's name, then what it is. Empty
    /// where there is nothing to choose.
    default List<String> devices() {
        return List.of();
    }
}
