using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace McpDevBench.Mcp;

/// <summary>The conditional and range headers of the file endpoint.</summary>
internal static class FileHeaders
{
    /// <summary>An etag as HTTP writes it.</summary>
    public static string Quote(string etag) => etag.StartsWith('"') ? etag : $"\"{etag}\"";

    /// <summary>Text with ? for every character that a header cannot have.</summary>
    public static string Ascii(string text) => string.Create(text.Length, text, static (written, from) =>
    {
        for (var i = 0; i < written.Length; i++)
            written[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
    });

    /// <summary>Checks the <c>If-Match</c> of a download.</summary>
    /// <param name="etag">Of the file; null for a directory or a link.</param>
    /// <exception cref="RequestException">conflict.</exception>
    public static void RequireMatch(StringValues header, string? etag)
    {
        if (header.Count == 0)
            return;
        if (EntityTagHeaderValue.TryParseList(header, out var tags) && tags.Any(tag => tag.Tag == "*" || (!tag.IsWeak && tag.Tag == etag)))
            return;
        throw new RequestException(
            ErrorCode.Conflict,
            etag is null ? "Only a file has an etag that If-Match can name." : $"The file has changed: its etag is {etag}, not {header}.",
            "Send If-Match: \"etag\" with the etag that fs_stat or a download returns now, or leave it out.")
        {
            Details = etag is null ? null : new Dictionary<string, string> { [RequestException.Etag] = etag.Trim('"') },
        };
    }

    /// <summary>Ranges can be read and not written: an upload of a range must not replace the whole file.</summary>
    /// <exception cref="RequestException">invalid_argument.</exception>
    public static void RequireWhole(IHeaderDictionary headers)
    {
        if (headers.ContentRange.Count > 0)
            throw new RequestException(
                ErrorCode.InvalidArgument, "A part of a file cannot be uploaded.",
                "Send the whole file without Content-Range, or change a part of it with fs_edit or fs_write append=true.");
    }

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
            throw new RequestException(
                ErrorCode.InvalidArgument, $"{name} must be one etag.", $"Send {name}: \"etag\", as a download or fs_stat gave it.");
        return tags[0].Tag.ToString().Trim('"');
    }

    /// <returns>The bytes of a single range, with a length of 0 if there are none; null if the whole file is to be sent.</returns>
    public static (long Offset, long Length)? ReadRange(HttpRequest request, long size, string etag)
    {
        // HTTP knows ranges of GET alone.
        if (!HttpMethods.IsGet(request.Method))
            return null;
        var headers = request.Headers;
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
