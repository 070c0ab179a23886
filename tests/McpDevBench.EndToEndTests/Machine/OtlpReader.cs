using Google.Protobuf;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A span as a collector gets it; ids are hexadecimal, as in a traceparent.</summary>
internal sealed record OtlpSpan
{
    public string TraceId { get; set; } = "";
    public string SpanId { get; set; } = "";

    /// <summary>Empty for the first of a trace.</summary>
    public string ParentId { get; set; } = "";

    public string Name { get; set; } = "";

    /// <summary>1 internal, 2 server, 3 client.</summary>
    public int Kind { get; set; }

    public ulong Start { get; set; }
    public ulong End { get; set; }
    public Dictionary<string, object> Attributes { get; } = [];

    /// <summary>Trace and span ids.</summary>
    public List<(string TraceId, string SpanId)> Links { get; } = [];

    public int Events { get; set; }

    /// <summary>0 unset, 2 error.</summary>
    public int Status { get; set; }

    public string StatusMessage { get; set; } = "";

    /// <summary>Of the process that sent it.</summary>
    public IReadOnlyDictionary<string, object> Resource { get; set; } = new Dictionary<string, object>();

    public object? this[string attribute] => Attributes.GetValueOrDefault(attribute);
}

/// <summary>Reads an ExportTraceServiceRequest of OTLP: opentelemetry/proto/trace/v1/trace.proto has the numbers.</summary>
internal static class OtlpReader
{
    public static List<OtlpSpan> Read(byte[] request)
    {
        var spans = new List<OtlpSpan>();
        Each(request, (field, input) => Take(field == 1, input, resourceSpans => spans.AddRange(ReadResourceSpans(resourceSpans))));
        return spans;
    }

    private static List<OtlpSpan> ReadResourceSpans(byte[] message)
    {
        var (resource, spans) = (new Dictionary<string, object>(), new List<OtlpSpan>());
        Each(message, (field, input) => Take(field is 1 or 2, input, part =>
        {
            if (field == 1)
                Each(part, (inner, values) => Take(inner == 1, values, attribute => ReadAttribute(attribute, resource)));
            else
                Each(part, (inner, scope) => Take(inner == 2, scope, span => spans.Add(ReadSpan(span))));
        }));
        spans.ForEach(span => span.Resource = resource);
        return spans;
    }

    private static OtlpSpan ReadSpan(byte[] message)
    {
        var span = new OtlpSpan();
        Each(message, (field, input) =>
        {
            switch (field)
            {
                case 1: span.TraceId = Hex(input.ReadBytes()); break;
                case 2: span.SpanId = Hex(input.ReadBytes()); break;
                case 4: span.ParentId = Hex(input.ReadBytes()); break;
                case 5: span.Name = input.ReadString(); break;
                case 6: span.Kind = input.ReadEnum(); break;
                case 7: span.Start = input.ReadFixed64(); break;
                case 8: span.End = input.ReadFixed64(); break;
                case 9: ReadAttribute(input.ReadBytes().ToByteArray(), span.Attributes); break;
                case 11: span.Events++; return false;
                case 13: span.Links.Add(ReadLink(input.ReadBytes().ToByteArray())); break;
                case 15: ReadStatus(input.ReadBytes().ToByteArray(), span); break;
                default: return false;
            }
            return true;
        });
        return span;
    }

    private static (string TraceId, string SpanId) ReadLink(byte[] message)
    {
        var (trace, span) = ("", "");
        Each(message, (field, input) =>
        {
            if (field == 1)
                trace = Hex(input.ReadBytes());
            else if (field == 2)
                span = Hex(input.ReadBytes());
            return field is 1 or 2;
        });
        return (trace, span);
    }

    private static void ReadStatus(byte[] message, OtlpSpan span) => Each(message, (field, input) =>
    {
        if (field == 2)
            span.StatusMessage = input.ReadString();
        else if (field == 3)
            span.Status = input.ReadEnum();
        return field is 2 or 3;
    });

    private static void ReadAttribute(byte[] message, Dictionary<string, object> attributes)
    {
        var (name, value) = ("", (object)"");
        Each(message, (field, input) =>
        {
            if (field == 1)
                name = input.ReadString();
            return field == 1 || Take(field == 2, input, any => value = ReadValue(any));
        });
        attributes.Add(name, value);
    }

    private static object ReadValue(byte[] message)
    {
        object value = "";
        Each(message, (field, input) =>
        {
            value = field switch
            {
                1 => input.ReadString(),
                2 => input.ReadBool(),
                3 => input.ReadInt64(),
                4 => input.ReadDouble(),
                _ => throw new InvalidDataException($"an attribute of kind {field}"),
            };
            return true;
        });
        return value;
    }

    /// <param name="read">Reads the field, or returns false to leave it out.</param>
    private static void Each(byte[] message, Func<int, CodedInputStream, bool> read)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is > 0 and var tag)
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), input))
                input.SkipLastField();
        }
    }

    private static bool Take(bool wanted, CodedInputStream input, Action<byte[]> read)
    {
        if (wanted)
            read(input.ReadBytes().ToByteArray());
        return wanted;
    }

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
}
