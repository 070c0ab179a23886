using Microsoft.Extensions.Compliance.Classification;

namespace McpDevBench.Observability.Secrets;

/// <summary>
/// A value of a log message in somebody else's words: a client's, Docker's, an exception's. What looks like a secret is taken out of it before any log provider sees
/// the line. What must never be in a log is no parameter of a log message at all.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class UntrustedAttribute() : DataClassificationAttribute(Class)
{
    public static DataClassification Class { get; } = new("McpDevBench", "Untrusted");
}
