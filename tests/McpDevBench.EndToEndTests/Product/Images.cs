namespace McpDevBench.EndToEndTests.Product;

/// <summary>The images of tests/images.</summary>
internal static class Images
{
    public const string Busybox = "devbench-test/busybox:1";
    public const string Python = "devbench-test/python:1";
    public const string Languages = "devbench-test/languages:1";
    public const string Scratch = "devbench-test/scratch:1";
    public const string Hostile = "devbench-test/hostile:1";
    public const string Crooked = "devbench-test/crooked:1";
    public const string Linked = "devbench-test/linked:1";
    public const string Arm64 = "devbench-test/arm64:1";
}
