package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A parameter of an objective: its key in configs, what it means, its default and what values it takes.
public sealed interface ObjectiveParameter {
    /// Key in configs and on the command line.
    String key();

    /// One phrase with the symbol of the paper and the unit.
    String meaning();

    /// Default, as it would stand in a config.
    String defaultValue();

    /// What values are accepted, in words.
    String expected();

    /// The value in its own type, from what a YAML or JSON reader or a command line delivers.
    Object parse(@Nullable Object found);

    /// A real number in [minimum, maximum], or (minimum, …) when `openBelow`, (…, maximum) when `openAbove`.
    record Real(
            String key,
            String meaning,
            double initial,
            double minimum,
            boolean openBelow,
            double maximum,
            boolean openAbove)
            implements ObjectiveParameter {

        /// A number > 0.
        static Real positive(String key, String meaning, double initial) {
            return new Real(key, meaning, initial, 0, true, Double.POSITIVE_INFINITY, true);
        }

        /// A number ≥ 0.
        static Real notNegative(String key, String meaning, double initial) {
            return new Real(key, meaning, initial, 0, false, Double.POSITIVE_INFINITY, true);
        }

        /// Any finite number.
        static Real any(String key, String meaning, double initial) {
            return new Real(key, meaning, initial, Double.NEGATIVE_INFINITY, true, Double.POSITIVE_INFINITY, true);
        }

        @Override
        public String defaultValue() {
            return initial == Math.rint(initial) && Math.abs(initial) < 1e6
                    ? Long.toString((long) initial)
                    : Double.toString(initial);
        }

        @Override
        public String expected() {
            if (minimum == Double.NEGATIVE_INFINITY && maximum == Double.POSITIVE_INFINITY) {
                return "a finite number";
            }
            if (maximum == Double.POSITIVE_INFINITY) {
                return "a finite number " + (openBelow ? "> " : ">= ") + number(minimum);
            }
            return "a number in " + (openBelow ? "(" : "[") + number(minimum) + ", " + number(maximum)
                    + (openAbove ? ")" : "]");
        }

        @Override
        public Object parse(@Nullable Object found) {
            double value = switch (found) {
                case Number number -> number.doubleValue();
                case String text -> parseReal(text);
                case null, default -> Double.NaN;
            };
            boolean inside = (openBelow ? value > minimum : value >= minimum)
                    && (openAbove ? value < maximum : value <= maximum);
            if (!Double.isFinite(value) || !inside) {
                throw refusal(this, found);
            }
            return value;
        }

        private static double parseReal(String text) {
            try {
                return Double.parseDouble(text.strip());
            } catch (NumberFormatException malformed) {
                return Double.NaN;
            }
        }

        private static String number(double value) {
            return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
        }
    }

    /// true or false.
    record Flag(String key, String meaning, boolean initial) implements ObjectiveParameter {
        @Override
        public String defaultValue() {
            return Boolean.toString(initial);
        }

        @Override
        public String expected() {
            return "true or false";
        }

        @Override
        public Object parse(@Nullable Object found) {
            return switch (found) {
                case Boolean value -> value;
                case String text when text.strip().equals("true") -> true;
                case String text when text.strip().equals("false") -> false;
                case null, default -> throw refusal(this, found);
            };
        }
    }

    /// One of several words; the first is the default.
    record Choice(String key, String meaning, List<String> options) implements ObjectiveParameter {
        @Override
        public String defaultValue() {
            return options.getFirst();
        }

        @Override
        public String expected() {
            return "one of " + String.join(", ", options);
        }

        @Override
        public Object parse(@Nullable Object found) {
            if (found instanceof String text && options.contains(text.strip().toLowerCase(Locale.ROOT))) {
                return text.strip().toLowerCase(Locale.ROOT);
            }
            throw refusal(this, found);
        }
    }

    private static InputException refusal(ObjectiveParameter parameter, @Nullable Object found) {
        return new InputException(parameter.key() + ": found " + found + ", expected " + parameter.expected());
    }
}
