using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>What of a text file a write of other text replaces without being asked to: its encoding and its line ends.</summary>
internal sealed record OverwrittenText(TextForm Form, bool IsAscii, bool HasCarriageReturns)
{
    /// <param name="beginning">Up to <see cref="TextEncodings.Evidence"/> bytes from the first one on.</param>
    /// <returns>Null for what is not text.</returns>
    public static OverwrittenText? Of(ReadOnlySpan<byte> beginning, long size)
    {
        if (beginning.Length < size)
            beginning = beginning[..^Unfinished(beginning)];
        var form = TextForms.Of(beginning);
        var isBytes = form is TextForm.Latin1 or TextForm.Windows1252 && TextEncodings.Detect(beginning) == TextEncodings.Base64Name;
        if (beginning.IsEmpty || isBytes || form is TextForm.Raw or TextForm.Wide)
            return null;
        var text = TextForms.ToUtf8(beginning.ToArray(), form);
        return new OverwrittenText(form, Ascii.IsValid(beginning), EndsInCarriageReturns(text));
    }

    /// <returns>Null if everything stays as it was.</returns>
    /// <param name="name">Of the encoding that was written.</param>
    public string? Note(string name, byte[] written)
    {
        var notes = new List<string>();
        var form = Utf8MarkOr(TextEncodings.FormOf(name), written);
        var isSame = form == Form || (!TextEncodings.HasMark(form) && !TextEncodings.HasMark(Form) && (IsAscii || Ascii.IsValid(written)));
        if (!isSame)
        {
            notes.Add($"The file was {TextForms.NameOf(Form)} and is {TextForms.NameOf(form)} now; "
                + $"write it with encoding={TextForms.NameOf(Form)} to keep that.");
        }
        if (HasCarriageReturns && EndsInLineFeeds(TextForms.ToUtf8(written, form)))
            notes.Add("Its lines ended in CRLF and end in LF now; fs_edit keeps the line ends of a file.");
        return notes.Count == 0 ? null : string.Join(' ', notes);
    }

    private static int Unfinished(ReadOnlySpan<byte> content) =>
        Utf16File.HasMark(content) ? Utf16File.Unfinished(content) : Utf8Text.Unfinished(content);

    private static TextForm Utf8MarkOr(TextForm form, ReadOnlySpan<byte> content) =>
        form == TextForm.Utf8 && content is [0xEF, 0xBB, 0xBF, ..] ? TextForm.Utf8WithMark : form;

    private static bool EndsInLineFeeds(ReadOnlySpan<byte> text) => text.Contains((byte)'\n') && !EndsInCarriageReturns(text);

    /// <summary>Most of the lines do.</summary>
    private static bool EndsInCarriageReturns(ReadOnlySpan<byte> text)
    {
        var (all, carriage) = (0, 0);
        for (int end; (end = text.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..])
        {
            all++;
            carriage += end > 0 && text[end - 1] == '\r' ? 1 : 0;
        }
        return carriage > all / 2;
    }
}
