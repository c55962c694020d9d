package dev.daa.model.chat;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.List;

/// Cuts a template into text, `{{ }}` and `{% %}`, and the latter into tokens. Whitespace is left out as transformers
/// sets Jinja: `trim_blocks` (the line's end after a block) and `lstrip_blocks` (a line's blanks before a block), and
/// wherever a `-` asks for it.
final class TemplateLexer {
    /// A piece of a template.
    ///
    /// @param kind what it is
    /// @param text literal text, or empty
    /// @param tokens of an expression or a statement
    record Piece(Kind kind, String text, List<Token> tokens) {}

    enum Kind {
        TEXT,
        PRINT,
        STATEMENT
    }

    enum Type {
        NAME,
        TEXT,
        INTEGER,
        DECIMAL,
        SYMBOL,
        END
    }

    record Token(Type type, String text) {
        boolean is(String expected) {
            return (type == Type.SYMBOL || type == Type.NAME) && text.equals(expected);
        }
    }

    private static final List<String> TWO = List.of("==", "!=", "<=", ">=", "//", "**");
    private static final String ONE = "+-*/%~<>=()[]{}.,:|";

    private final String place;
    private final String source;

    TemplateLexer(String place, String source) {
        this.place = place;
        // Jinja reads every end of line as a line feed, and drops one at the very end.
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
    }

    List<Piece> pieces() {
        List<Piece> pieces = new ArrayList<>();
        int at = 0;
        boolean trimLeft = false;
        while (at < source.length()) {
            int open = nextTag(at);
            int end = open < 0 ? source.length() : open;
            String text = source.substring(at, end);
            if (trimLeft) {
                text = text.stripLeading();
            }
            if (open < 0) {
                text(pieces, text);
                break;
            }
            char mark = source.charAt(open + 1);
            boolean minusLeft = open + 2 < source.length() && source.charAt(open + 2) == '-';
            boolean plusLeft = open + 2 < source.length() && source.charAt(open + 2) == '+';
            text(
                    pieces,
                    minusLeft ? text.stripTrailing() : mark == '{' || plusLeft ? text : lineStripped(text, at, pieces));
            int inside = open + (minusLeft || plusLeft ? 3 : 2);
            int close = end(inside, mark);
            boolean minusRight = source.charAt(close - 1) == '-';
            String code = source.substring(inside, minusRight ? close - 1 : close);
            if (mark == '{') {
                pieces.add(new Piece(Kind.PRINT, "", tokens(code)));
            } else if (mark == '%') {
                pieces.add(new Piece(Kind.STATEMENT, "", tokens(code)));
            }
            at = close + 2;
            trimLeft = minusRight;
            if (!minusRight && mark != '{' && at < source.length() && source.charAt(at) == '\n') {
                at++;
            }
        }
        return pieces;
    }

    private static void text(List<Piece> pieces, String text) {
        if (!text.isEmpty()) {
            pieces.add(new Piece(Kind.TEXT, text, List.of()));
        }
    }

    /// Drops the blanks between the beginning of a line and a block.
    private String lineStripped(String text, int from, List<Piece> pieces) {
        int line = text.lastIndexOf('\n') + 1;
        boolean lineBegins = line > 0 || from == 0 || source.charAt(from - 1) == '\n' || pieces.isEmpty();
        return lineBegins && text.substring(line).isBlank() ? text.substring(0, line) : text;
    }

    private int nextTag(int from) {
        for (int at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
            if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
                return at;
            }
        }
        return -1;
    }

    /// Where the tag closes; quotes may hold its mark.
    private int end(int from, char mark) {
        String close = mark == '{' ? "}}" : mark + "}";
        char quote = 0;
        for (int at = from; at < source.length(); at++) {
            char character = source.charAt(at);
            if (mark != '#' && quote != 0) {
                if (character == '\\') {
                    at++;
                } else if (character == quote) {
                    quote = 0;
                }
            } else if (mark != '#' && (character == '\'' || character == '"')) {
                quote = character;
            } else if (source.startsWith(close, at) && !(mark == '{' && source.startsWith("}}}", at))) {
                return at;
            }
        }
        throw new InputException(place + ": found {" + mark + " without its " + close);
    }

    private List<Token> tokens(String code) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < code.length()) {
            char character = code.charAt(at);
            if (Character.isWhitespace(character)) {
                at++;
            } else if (character == '\'' || character == '"') {
                at = quoted(code, at, tokens);
            } else if (Character.isDigit(character)) {
                int end = at;
                boolean decimal = false;
                while (end < code.length()
                        && (Character.isDigit(code.charAt(end))
                                || code.charAt(end) == '.'
                                        && end + 1 < code.length()
                                        && Character.isDigit(code.charAt(end + 1)))) {
                    decimal |= code.charAt(end) == '.';
                    end++;
                }
                tokens.add(new Token(decimal ? Type.DECIMAL : Type.INTEGER, code.substring(at, end)));
                at = end;
            } else if (Character.isLetter(character) || character == '_') {
                int end = at;
                while (end < code.length()
                        && (Character.isLetterOrDigit(code.charAt(end)) || code.charAt(end) == '_')) {
                    end++;
                }
                tokens.add(new Token(Type.NAME, code.substring(at, end)));
                at = end;
            } else {
                String two = at + 1 < code.length() ? code.substring(at, at + 2) : "";
                String symbol = TWO.contains(two) ? two : String.valueOf(character);
                if (symbol.length() == 1 && ONE.indexOf(character) < 0) {
                    throw new InputException(place + ": found '" + character + "' in {" + code.strip() + "}");
                }
                tokens.add(new Token(Type.SYMBOL, symbol));
                at += symbol.length();
            }
        }
        tokens.add(new Token(Type.END, ""));
        return tokens;
    }

    private int quoted(String code, int open, List<Token> tokens) {
        char quote = code.charAt(open);
        StringBuilder text = new StringBuilder();
        int at = open + 1;
        while (code.charAt(at) != quote) {
            char character = code.charAt(at++);
            if (character != '\\') {
                text.append(character);
                continue;
            }
            char escaped = code.charAt(at++);
            switch (escaped) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case '\\', '\'', '"' -> text.append(escaped);
                case 'x', 'u', 'U' -> {
                    int digits = escaped == 'x' ? 2 : escaped == 'u' ? 4 : 8;
                    text.appendCodePoint(codePoint(code, at, digits));
                    at += digits;
                }
                default -> text.append('\\').append(escaped);
            }
        }
        tokens.add(new Token(Type.TEXT, text.toString()));
        return at + 1;
    }

    /// The character that hexadecimal digits name.
    private int codePoint(String code, int at, int digits) {
        String named = code.substring(at, Math.min(code.length(), at + digits));
        int value = named.matches("\\p{XDigit}{" + digits + "}") ? Integer.parseUnsignedInt(named, 16) : -1;
        if (!Character.isValidCodePoint(value)) {
            throw new InputException(place + ": found the character \\" + code.charAt(at - 1) + named + ", expected "
                    + digits + " hexadecimal digits of one");
        }
        return value;
    }
}
