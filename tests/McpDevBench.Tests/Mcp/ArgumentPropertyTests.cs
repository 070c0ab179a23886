using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>
/// Arguments by chance: however a value is sent, it arrives as it was or is refused. The seed is in the message of a failure.
/// </summary>
public sealed class ArgumentPropertyTests
{
    private const int Rounds = 2000;

    private static readonly ArgumentShape _exec = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecArguments));
    private static readonly ArgumentShape _poll = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecPollArguments));

    [Fact]
    public void Whole_numbers_arrive_exactly_in_every_form_or_are_refused() => Repeat(random =>
    {
        var value = random.NextInt64(-1, long.MaxValue >> random.Next(63));
        var text = Form(value, random);
        var sent = random.Next(2) == 0 ? text : $"\"{text}\"";
        Assert.Equal(
            value,
            _poll.Bind(JsonElement.Parse($$"""{"exec_id":"e","after_seq":{{sent}}}""")).Deserialize(
                McpJson.Default.ExecPollArguments)!.AfterSeq);
    });

    [Fact]
    public void Numbers_are_read_as_big_integers_read_them() => Repeat(random =>
    {
        var drawn = string.Concat(
            Enumerable.Range(0, random.Next(1, 30)).Select(_ => (char)('0' + random.Next(random.Next(2) == 0 ? 1 : 10))));
        var text = drawn.TrimStart('0') is { Length: > 0 } digits ? digits : "0";
        var fraction = string.Concat(
            Enumerable.Range(0, random.Next(1, 30)).Select(_ => (char)('0' + random.Next(random.Next(2) == 0 ? 1 : 10))));
        var exponent = random.Next(-40, 40);
        var number = string.Create(CultureInfo.InvariantCulture, $"{text}.{fraction}e{exponent}");
        var scale = exponent - fraction.Length;
        var (exact, remainder) = scale >= 0
            ? (BigInteger.Parse(text + fraction, CultureInfo.InvariantCulture) * BigInteger.Pow(10, scale), BigInteger.Zero)
            : BigInteger.DivRem(BigInteger.Parse(text + fraction, CultureInfo.InvariantCulture), BigInteger.Pow(10, -scale));
        Assert.True(JsonNumber.TryParse(number, out var parsed), number);
        var expected = remainder.IsZero && exact <= long.MaxValue ? (long?)exact : null;
        Assert.Equal(expected, parsed.TryGetInteger(out var value) ? value : null);
    });

    [Fact]
    public void Arguments_are_the_same_when_parts_of_them_are_sent_as_text() => Repeat(random =>
    {
        var plain = Arguments(random);
        var expected = _exec.Bind(JsonElement.Parse(plain.ToJsonString())).Deserialize(McpJson.Default.ExecArguments)!;
        foreach (var name in plain.Select(argument => argument.Key).ToList())
        {
            if (plain[name] is not JsonValue && random.Next(2) == 0)
                plain[name] = plain[name]!.ToJsonString();
            else if (plain[name] is JsonValue value
                && value.GetValueKind() is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number && random.Next(2) == 0)
                plain[name] = plain[name]!.ToJsonString();
        }
        var actual = _exec.Bind(JsonElement.Parse(plain.ToJsonString())).Deserialize(McpJson.Default.ExecArguments)!;
        Assert.Equal(Json(expected), Json(actual));
    });

    [Fact]
    public void A_mistake_is_refused_and_never_a_defect() => Repeat(random =>
    {
        var arguments = Arguments(random);
        var name = arguments.ElementAt(random.Next(arguments.Count)).Key;
        JsonNode?[] values =
        [
            null, 5, -1.5, "", "[", "{\"a\"", "[[[1]]]", true, new JsonArray(1, null, new JsonObject()),
            new JsonObject { ["a"] = new JsonArray() }, "1e999", "\u0000", new string('x', 70_000),
        ];
        arguments[name] = values[random.Next(values.Length)];
        try
        {
            _exec.Bind(JsonElement.Parse(arguments.ToJsonString())).Deserialize(McpJson.Default.ExecArguments);
        }
        catch (RequestException refusal)
        {
            Assert.Equal(ErrorCode.InvalidArgument, refusal.Code);
        }
    });

    private static JsonObject Arguments(Random random) => new()
    {
        ["container_id"] = Text(random),
        ["cmd"] = new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => (JsonNode?)Text(random))]),
        ["env"] = new JsonObject(
            Enumerable.Range(0, random.Next(4)).Select(number => KeyValuePair.Create(Text(random) + number, (JsonNode?)Text(random)))),
        ["wait_ms"] = random.Next(25_000),
        ["pty"] = random.Next(2) == 0,
    };

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => "a\"\\'<é\u0001\ud83d\ude00/[{:,"[random.Next(8)]));

    private static string Form(long value, Random random)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        var zeros = value == 0 ? 0 : random.Next(4);
        return random.Next(4) switch
        {
            0 => text,
            1 => $"{text}.{new string('0', zeros + 1)}",
            2 => string.Create(CultureInfo.InvariantCulture, $"{text}{new string('0', zeros)}e-{zeros}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{text}E+0"),
        };
    }

    private static string Json(ExecArguments arguments) => JsonSerializer.Serialize(arguments, McpJson.Default.ExecArguments);

    private static void Repeat(Action<Random> check)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            try
            {
                check(random);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}: {exception.Message}", exception);
            }
        }
    }
}
