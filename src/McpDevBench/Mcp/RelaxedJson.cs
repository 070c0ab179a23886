using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace McpDevBench.Mcp;

/// <summary>
/// Writes the characters of JSON that do not need an escape as they are: <c>\u0027</c> as <c>'</c>, <c>\u00e9</c> as <c>é</c>. The SDK's
/// serializer escapes them for HTML, which is 15 % of what a model reads. It works on bytes as they go by, in any pieces, and keeps every
/// escape that a reader of lines could take for the end of one.
/// </summary>
internal sealed class RelaxedJson
{
    private const int EscapeLength = 6;

    private readonly byte[] _held = new byte[2 * EscapeLength];
    private int _count;

    /// <summary>Appends what is certain; an escape whose end has not come yet is held back. JSON does not end within one.</summary>
    public void Append(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        while (json.Length > 0)
        {
            if (_count == 0)
            {
                var plain = json.IndexOf((byte)'\\');
                output.Write(plain < 0 ? json : json[..plain]);
                if (plain < 0)
                    return;
                json = json[plain..];
            }
            _held[_count++] = json[0];
            json = json[1..];
            if (IsDecided(_held.AsSpan(0, _count)))
                Release(output);
        }
    }

    private static bool IsDecided(ReadOnlySpan<byte> held) => held.Length switch
    {
        < 2 => false,
        _ when held[1] != 'u' => true,
        < EscapeLength => false,
        EscapeLength => !IsHighSurrogate(held),
        // A pair takes both halves; whatever else follows shows at its first bytes.
        EscapeLength + 1 => held[EscapeLength] != '\\',
        EscapeLength + 2 => held[EscapeLength + 1] != 'u',
        _ => held.Length == 2 * EscapeLength,
    };

    private void Release(IBufferWriter<byte> output)
    {
        var held = _held.AsSpan(0, _count);
        _count = 0;
        if (!TryUnit(held, out var unit))
            output.Write(held);
        else if (held.Length == 2 * EscapeLength && TryUnit(held[EscapeLength..], out var low) && Rune.TryCreate(unit, low, out var pair))
            Write(pair, output);
        else if (held.Length == EscapeLength && !MustStay(unit))
            Write(new Rune(unit), output);
        else
            output.Write(held);
    }

    private static bool IsHighSurrogate(ReadOnlySpan<byte> escape) => TryUnit(escape, out var unit) && char.IsHighSurrogate(unit);

    private static bool TryUnit(ReadOnlySpan<byte> escape, out char unit)
    {
        unit = '\0';
        if (escape.Length < EscapeLength || escape[0] != '\\' || escape[1] != 'u'
            || !Utf8Parser.TryParse(escape[2..EscapeLength], out ushort value, out var consumed, 'x') || consumed != 4)
            return false;
        unit = (char)value;
        return true;
    }

    /// <summary>Controls, halves of characters, and what some readers take for the end of a line or for nothing.</summary>
    private static bool MustStay(char unit) => char.IsControl(unit) || char.IsSurrogate(unit) || unit is '\u2028' or '\u2029' or '\ufeff';

    private static void Write(Rune rune, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(4);
        if (rune.Value is '"' or '\\')
        {
            (span[0], span[1]) = ((byte)'\\', (byte)rune.Value);
            output.Advance(2);
        }
        else
        {
            output.Advance(rune.EncodeToUtf8(span));
        }
    }
}
