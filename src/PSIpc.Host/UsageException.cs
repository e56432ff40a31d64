namespace PSIpc.Host;

/// <summary>The command line, or the place the program was started in, is wrong: a message for the user and exit code 64.</summary>
internal sealed class UsageException(string message) : Exception(message);
