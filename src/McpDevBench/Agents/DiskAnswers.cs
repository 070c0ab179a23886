namespace McpDevBench.Agents;

/// <summary>What directories of a workspace hold on the disk.</summary>
/// <param name="Inodes">Files, directories and everything else.</param>
internal readonly record struct DiskUse(long Bytes, long Inodes);

/// <summary>Room of the disk with the engine's volumes.</summary>
/// <param name="TotalInodes">0 if the file system does not count them.</param>
internal readonly record struct DiskRoom(long FreeBytes, long TotalBytes, long FreeInodes, long TotalInodes);
