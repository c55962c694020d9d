package dev.daa.train.run;

/// A run that stopped early because it was asked to, after saving what it needs to go on.
public final class InterruptedRunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InterruptedRunException(String message) {
        super(message);
    }
}
