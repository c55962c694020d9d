package dev.daa.train.loop;

/// A training step or its evaluation produced NaN or an infinity; the message names step and tensor or metric.
public final class NonFiniteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NonFiniteException(String message) {
        super(message);
    }
}
