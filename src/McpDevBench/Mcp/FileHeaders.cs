using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace McpDevBench.Mcp;

/// <summary>The conditional and range headers of the file endpoint.</summary>
internal static class FileHeaders
{
    /// <summary>An etag as HTTP writes it.</summary>
    public static string Quote(string etag) => etag.StartsWith('"') ? etag : $"\"{etag}\"";

    public static bool Matches(StringValues header, string etag)
    {
        if (!EntityTagHeaderValue.TryParseList(header, out var tags))
            return false;
        foreach (var tag in tags)
        {
            if (tag.Tag == "*" || tag.Tag == etag)
                return true;
        }
        return false;
    }

    /// <summary>The one etag of a header as tools write it, <c>*</c>, or null when it is not there.</summary>
    public static string? Single(StringValues header, string name)
    {
        if (header.Count == 0)
            return null;
        if (!EntityTagHeaderValue.TryParseList(header, out var tags) || tags.Count != 1 || tags[0].IsWeak)
            throw new RefusalException(RefusalCode.InvalidArgument, $"{name} must be one etag.", $"Send {name}: \"etag\", as a download or fs_stat gave it.");
        return tags[0].Tag.ToString().Trim('"');
    }

    /// <returns>The bytes that a single range asks for; a length of 0 if there are none such; null when the whole file is to be sent.</returns>
    public static (long Offset, long Length)? ReadRange(IHeaderDictionary headers, long size, string etag)
    {
        // Of several ranges none is honoured, as HTTP allows.
        if (!RangeHeaderValue.TryParse(headers.Range.ToString(), out var header) || header.Unit != "bytes" || header.Ranges.Count != 1)
            return null;
        if (headers.IfRange.Count > 0 && headers.IfRange.ToString() != etag)
            return null;
        var range = header.Ranges.First();
        return (range.From, range.To) switch
        {
            ({ } from, _) when from >= size => (0, 0),
            ({ } from, { } to) => (from, Math.Min(to, size - 1) - from + 1),
            ({ } from, null) => (from, size - from),
            (null, { } last) => (Math.Max(0, size - last), Math.Min(last, size)),
            _ => null,
        };
    }
}
