using System.Globalization;

namespace McpDevBench.Mcp;

/// <summary>
/// A number by the grammar of JSON, exact whatever its size: significant digits, and the power of ten that they are multiplied with.
/// </summary>
internal readonly record struct JsonNumber(bool IsNegative, string Digits, int Exponent)
{
    /// <summary>A long has 19 digits at most.</summary>
    private const int MaxDigits = 19;

    /// <summary>Beyond it, a number is neither a long nor a fraction that anything here counts with.</summary>
    private const int MaxExponentDigits = 8;

    public static bool TryParse(ReadOnlySpan<char> text, out JsonNumber number)
    {
        number = default;
        var rest = text;
        var isNegative = rest is ['-', ..];
        if (isNegative)
            rest = rest[1..];
        var whole = TakeDigits(ref rest);
        if (whole.Length == 0 || whole is ['0', _, ..])
            return false;
        ReadOnlySpan<char> fraction = default;
        if (rest is ['.', ..])
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
            if (fraction.Length == 0)
                return false;
        }
        if (!TryTakeExponent(ref rest, out var exponent) || rest.Length > 0)
            return false;
        var all = string.Concat(whole, fraction).TrimStart('0');
        var digits = all.TrimEnd('0');
        number = new(isNegative, digits, digits.Length == 0 ? 0 : exponent - fraction.Length + (all.Length - digits.Length));
        return true;
    }

    /// <returns>Whether it is a whole number that a long can hold.</returns>
    public bool TryGetInteger(out long value)
    {
        value = 0;
        if (Digits is null or "")
            return true;
        return Exponent >= 0 && Digits.Length + Exponent <= MaxDigits
            && long.TryParse(
                $"{(IsNegative ? "-" : "")}{Digits}{new string('0', Exponent)}", NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out value);
    }

    private static ReadOnlySpan<char> TakeDigits(scoped ref ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExceptInRange('0', '9');
        var digits = length < 0 ? text : text[..length];
        text = text[digits.Length..];
        return digits;
    }

    private static bool TryTakeExponent(scoped ref ReadOnlySpan<char> text, out int exponent)
    {
        exponent = 0;
        if (text is not ['e' or 'E', ..])
            return true;
        text = text[1..];
        var sign = text is ['-', ..] ? -1 : 1;
        if (text is ['-' or '+', ..])
            text = text[1..];
        var digits = TakeDigits(ref text).TrimStart('0');
        if (text.Length > 0)
            return false;
        exponent = sign * digits.Length switch
        {
            0 => 0,
            > MaxExponentDigits => 100_000_000,
            _ => int.Parse(digits, CultureInfo.InvariantCulture),
        };
        return true;
    }
}
