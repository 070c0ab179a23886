namespace McpDevBench.Mcp;

/// <summary>The query parameters of the file endpoint. One that is misspelt must not change what a request does.</summary>
internal static class FileQuery
{
    private const int MaxShown = 40;

    private static readonly string[] _reading = ["path", "format", "include", "exclude"];
    private static readonly string[] _writing = ["path", "mode", "unpack"];
    private static readonly string[] _unpacking = ["path", "unpack"];
    private static readonly string[] _repeatable = ["include", "exclude"];

    /// <exception cref="RequestException">invalid_argument: a parameter is unknown or given twice, or its value is not allowed.</exception>
    public static void Check(HttpRequest request)
    {
        var unpack = request.Query["unpack"].ToString();
        var allowed = AllowedOf(request.Method, IsTrue(unpack));
        foreach (var (name, values) in request.Query)
        {
            if (!allowed.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw Unknown(name, request.Method, IsTrue(unpack), allowed);
            if (values.Count > 1 && !_repeatable.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new RequestException(
                    ErrorCode.InvalidArgument, $"The query parameter {Shown(name)} is given {values.Count} times.", "Give it once.");
            }
        }
        if (request.Query.ContainsKey("unpack") && !IsTrue(unpack) && unpack.ToUpperInvariant() is not ("FALSE" or "0"))
        {
            throw new RequestException(
                ErrorCode.InvalidArgument, $"unpack='{Shown(unpack)}' is not allowed.", "Use unpack=true or unpack=false.");
        }
    }

    public static bool IsTrue(string value) => value.ToUpperInvariant() is "TRUE" or "1";

    private static string[] AllowedOf(string method, bool unpack)
    {
        if (method != HttpMethods.Put)
            return _reading;
        return unpack ? _unpacking : _writing;
    }

    private static RequestException Unknown(string name, string method, bool unpack, string[] allowed) => new(
        ErrorCode.InvalidArgument,
        $"The query parameter '{Shown(name)}' is not allowed for {method}{(unpack ? " with unpack" : "")}.",
        $"Allowed are: {string.Join(", ", allowed)}.");

    private static string Shown(string text) => Truncation.ToLength(text, MaxShown);
}
