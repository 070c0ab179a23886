using Microsoft.Extensions.Compliance.Classification;

namespace McpDevBench.Observability.Secrets;

/// <summary>
/// Marks a parameter of a log message whose text comes from outside: a client, Docker, an exception. Secrets are redacted before any log
/// provider sees it. Content, output, input and environments must not be parameters at all.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class UntrustedAttribute() : DataClassificationAttribute(Class)
{
    public static DataClassification Class { get; } = new("McpDevBench", "Untrusted");
}
