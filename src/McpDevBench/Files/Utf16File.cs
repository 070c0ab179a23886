using System.Diagnostics.CodeAnalysis;
using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>A file in UTF-16 with a byte order mark, read as the UTF-8 that it would be.</summary>
internal sealed class Utf16File
{
    /// <summary>Largest file, in bytes, that is converted.</summary>
    public const int MaxBytes = 4 << 20;

    // Bytes of the byte order mark.
    private const int Mark = 2;

    private readonly FileEntry _entry;
    private readonly TextForm _form;
    private readonly byte[] _content, _text;

    private Utf16File(FileEntry entry, TextForm form, byte[] content, byte[] text) =>
        (_entry, _form, _content, _text) = (entry, form, content, text);

    public static bool IsPossible((byte[] Content, FileEntry Entry) beginning) =>
        HasMark(beginning.Content) && beginning.Entry.Size <= MaxBytes;

    public static bool HasMark(ReadOnlySpan<byte> content) => content is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];

    /// <summary>Bytes at the end that begin a character: the first of a pair, or a half of one.</summary>
    public static int Unfinished(ReadOnlySpan<byte> content)
    {
        var odd = content.Length % 2;
        var last = content[0] == 0xFE ? content[^(2 + odd)] : content[^(1 + odd)];
        return last is >= 0xD8 and <= 0xDB ? 2 + odd : odd;
    }

    /// <returns>False for what has no text to show: it is to be read as bytes.</returns>
    public static bool TryOpen(byte[] content, FileEntry entry, [NotNullWhen(true)] out Utf16File? file)
    {
        var form = TextForms.Of(content);
        file = null;
        if (form is not (TextForm.Utf16LittleEndian or TextForm.Utf16BigEndian))
            return false;
        // As base64 or as an image it would not be the file's own bytes.
        var text = TextForms.ToUtf8(content, form);
        if (TextEncodings.Detect(text) == TextEncodings.Base64Name || ImageFormat.Of(text) is not null)
            return false;
        file = new Utf16File(entry, form, content, text);
        return true;
    }

    /// <summary>A <see cref="ReadRange"/> of the converted text.</summary>
    public Task<(byte[] Content, FileEntry Entry)> ReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        var from = (int)Math.Min(offset, _text.Length);
        var part = _text.AsSpan(from, (int)Math.Min(length, _text.Length - from)).ToArray();
        return Task.FromResult((part, _entry with { Size = _text.Length }));
    }

    /// <summary>What was read of the converted text, at its place in the file.</summary>
    public ReadFile Place(ReadFile read)
    {
        var end = At(read.End);
        return read with
        {
            Entry = _entry,
            Encoding = read.Encoding == TextEncodings.Utf8Name ? TextForms.NameOf(_form) : read.Encoding,
            Offset = read.Offset == 0 ? 0 : At(read.Offset),
            End = end,
            LeftOut = read.LeftOut > 0 ? Math.Max(1, _entry.Size - end) : 0,
        };
    }

    private int CharacterEnd(int offset)
    {
        var even = offset - (offset % 2);
        return IsSecond(even) ? even - 2 : even;
    }

    /// <summary>Some bytes of the file as text, from and to where characters begin. At least one, where one begins there.</summary>
    public ReadFile Part(long offset, long length, int budget)
    {
        var size = _content.Length;
        var asked = (int)Math.Min(length, Math.Max(0, size - offset));
        var from = CharacterAt((int)Math.Min(offset, size));
        var end = Math.Max(from, Math.Min(size, (int)Math.Min(offset, size) + Math.Min(asked, budget)));
        // Back to a whole character; on to the end of the first one if there is none.
        var to = end == size ? end : Math.Max(from, CharacterEnd(end));
        if (to == from && from < offset + asked)
            to = CharacterAt(from + 2);
        var encoding = _form == TextForm.Utf16LittleEndian ? Encoding.Unicode : Encoding.BigEndianUnicode;
        var text = encoding.GetString(_content, from, to - from);
        return new ReadFile(text, TextForms.NameOf(_form), _entry)
        {
            Offset = from == Mark ? Math.Min(offset, Mark) : from, End = to, LeftOut = Math.Max(0, offset + asked - to),
        };
    }

    /// <summary>Where the first character begins that is not before a byte.</summary>
    private int CharacterAt(int at)
    {
        at = Math.Min(_content.Length, Math.Max(Mark, at + (at % 2)));
        return IsSecond(at) ? at + 2 : at;
    }

    /// <summary>Whether the second half of a pair is there.</summary>
    private bool IsSecond(int at) =>
        at < _content.Length && _content[at + (_form == TextForm.Utf16LittleEndian ? 1 : 0)] is >= 0xDC and <= 0xDF;

    /// <summary>Behind the mark, two bytes for each unit.</summary>
    private long At(long offset) => 2 + (2L * Encoding.UTF8.GetCharCount(_text.AsSpan(0, (int)offset)));
}
