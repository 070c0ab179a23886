using System.Text.Json;
using McpDevBench.Observability.Logs;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Tests.Observability;

/// <summary>Whatever a line holds, it can be taken apart again into what was put into it.</summary>
public sealed class TextLogLineTests
{
    private readonly SynchronizedStream _output = new();

    [Fact]
    public void A_line_reads_well()
    {
        Log("Container created", null, ("duration_ms", 1.5), ("alias", "a name"), ("container_id", "c_1"), ("warm", false));
        Assert.Equal("2026-01-15T10:30:00.123Z WARNING  Some.Library: Container created warm=false container_id=c_1 alias=\"a name\" duration_ms=1.5", Assert.Single(_output.Lines()));
    }

    [Theory]
    [MemberData(nameof(Hostile.Values), MemberType = typeof(Hostile))]
    public void It_can_be_read_back(string value)
    {
        Log(value, new InvalidOperationException(value), ("one", value), ("two", "x"), ("three", value + value));
        var (message, fields) = Read(Assert.Single(_output.Lines()));
        Assert.Equal(Hostile.Written(value), message);
        Assert.Equal(["three", "two", "one", "exception"], fields.Select(field => field.Name));
        Assert.Equal([Hostile.Written(value + value), "x", Hostile.Written(value)], fields.Take(3).Select(field => field.Value));
        Assert.Equal(Hostile.Written(new InvalidOperationException(value).ToString()), fields[3].Value);
    }

    private void Log(string message, Exception? exception, params (string Name, object? Value)[] fields)
    {
        using var writer = new LogWriter(
            new LogOptions { Json = false }, Clocks.Standing(), new LogOutput(_output, null, Clocks.Standing()));
        writer.CreateLogger("Some.Library").Log(
            LogLevel.Warning, default, fields.Select(field => KeyValuePair.Create(field.Name, field.Value)).ToList(), exception,
            (_, _) => message);
    }

    /// <summary>What the class's comment promises, turned around.</summary>
    private static (string Message, List<(string Name, string Value)> Fields) Read(string line)
    {
        const string before = "2026-01-15T10:30:00.123Z WARNING  Some.Library: ";
        Assert.StartsWith(before, line);
        var rest = line[before.Length..];
        var message = rest[0] == '"' ? Quoted(ref rest) : Plain(ref rest);
        var fields = new List<(string, string)>();
        while (rest.Length > 0)
        {
            Assert.Equal(' ', rest[0]);
            var equals = rest.IndexOf('=');
            var name = rest[1..equals];
            rest = rest[(equals + 1)..];
            fields.Add((name, rest[0] == '"' ? Quoted(ref rest) : Until(ref rest, rest.IndexOf(' '))));
        }
        return (message, fields);
    }

    /// <summary>A plain message has no '=', so the word with the first one is the first field's.</summary>
    private static string Plain(ref string rest) => Until(ref rest, rest.LastIndexOf(' ', rest.IndexOf('=')));

    private static string Until(ref string rest, int end)
    {
        end = end < 0 ? rest.Length : end;
        var text = rest[..end];
        rest = rest[end..];
        return text;
    }

    private static string Quoted(ref string rest)
    {
        var end = 1;
        while (rest[end] != '"')
            end += rest[end] == '\\' ? 2 : 1;
        return JsonDocument.Parse(Until(ref rest, end + 1)).RootElement.GetString()!;
    }
}
