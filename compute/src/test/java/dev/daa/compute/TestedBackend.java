package dev.daa.compute;

/// The backend that a contract is tried on.
interface TestedBackend {
    /// A new one, closed after the test.
    Backend backend();

    /// What graphs are compared by.
    GraphCheck.Terms terms();
}
