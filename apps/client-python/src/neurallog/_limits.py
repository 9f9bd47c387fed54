"""Every limit of the client: what it bounds, and why that number. Sizes are in bytes unless a name says otherwise."""

KIB = 1024
MIB = 1024 * KIB

# A connection, its TLS handshake and WebSocket upgrade included: what takes longer is as good as away.
CONNECT_SECONDS = 1.0
# What `flush`, `close` and the end of the process wait at most: nobody wants to wait for logs.
FLUSH_SECONDS = 1.0
# An answer to a batch. The service itself gives up a commit after eight seconds.
ANSWER_SECONDS = 10.0

# What may wait to be sent: some minutes of an ordinary program, and nothing that a container notices.
QUEUE_RECORDS = 10_000
QUEUE_BYTES = 16 * MIB
# What a record takes beside its text: its tuple, a dictionary and its numbers.
RECORD_BYTES = 256
VALUE_BYTES = 64
# Records that arrived while another thread sorts the queue. It needs microseconds, so these are never many.
INBOX_RECORDS = 10_000
# A lock that is held for microseconds and cannot be had for so long will never be let go of.
LOCK_SECONDS = 2.0

# One request. The service takes 16 MiB; escaped text is up to six times what was counted.
BATCH_RECORDS = 1_000
BATCH_BYTES = 1 * MIB
# Batches that a service took in a row after one was too large for it, before twice as many records are tried.
GROW_AFTER = 8
# How long the first record of a batch waits for others.
BATCH_SECONDS = 0.1

# The first wait after a failure; doubled with each further one up to the most, and shortened by chance to a half.
BACKOFF_SECONDS = 0.2
BACKOFF_MOST_SECONDS = 30.0
# What a server may ask for with Retry-After: one that asks for a year must not end logging.
RETRY_AFTER_MOST_SECONDS = 60.0
# A kept connection that was silent for so long is looked at before it is used; load balancers close them at 60 s.
IDLE_SECONDS = 5.0

# The service takes 256 Ki UTF-16 units; a longer message is a document.
MESSAGE_CHARS = 64 * KIB
# One text of the data.
TEXT_CHARS = 16 * KIB
# All texts and names of one record's data together; the service takes 64 Ki units of JSON.
DATA_CHARS = 48 * KIB
# The same once it is JSON: control characters and quotes grow there.
DATA_JSON_UNITS = 64 * KIB
# What is kept behind the cut of a long text until it is cleaned: a secret that the cut would halve is found whole.
CONTEXT_CHARS = 4 * KIB
# A name in a text, before its value.
NAME_IN_TEXT_CHARS = 128
# Containers inside each other; the service takes 32, and nobody reads more than a few.
DEPTH = 10
# Members of one object or list, and values of one record: a record is made while the application waits.
MEMBERS = 128
VALUES = 1_000
KEY_CHARS = 256
# The service's own limits for these.
SOURCE_CHARS = 256
TRACE_CHARS = 128
TAGS = 64
# Beyond 2**53 a JSON number is another one once it is read.
EXACT_INTEGER = 2**53
# An integer's digits take quadratic time: about 1,200 of them are enough.
INTEGER_BITS = 4_096
# Frames of a stack.
FRAMES = 64
# Names of fields whose test is remembered: programs have hundreds; names made from data must not fill memory.
KNOWN_NAMES = 4_096

# An answer's body: a batch of 1,000 rejected records with their reasons is 150 KiB.
ANSWER_BYTES = 1 * MIB
# A message of a WebSocket server, all its fragments together: answers to single calls are some hundred bytes.
WS_MESSAGE_BYTES = 1 * MIB
# What a server may send within so many seconds while nothing is asked of it: pings and notes are some bytes each.
WS_TURN_BYTES = 256 * KIB
WS_TURN_SECONDS = 60.0
# A batch, however steadily its answers drip.
WS_BATCH_SECONDS = 30.0
# The head of an answer to the upgrade.
WS_HEAD_BYTES = 16 * KIB
# Calls under way on one connection.
WS_IN_FLIGHT = 64

# How long one question for levels may stay open. The service takes at most 50 seconds.
LEVELS_WAIT_SECONDS = 50
# The first question for levels comes behind the first batch of records.
LEVELS_FIRST_SECONDS = 2 * BATCH_SECONDS
# An answer that is due at once: the first question, and one that has begun to arrive.
LEVELS_ANSWER_SECONDS = 1.0
# Between two questions after a failure, and where the server has no levels.
LEVELS_AGAIN_SECONDS = 10.0
LEVELS_MISSING_SECONDS = 300.0
# Answers in a row that came quickly, as several changes within seconds make them; then it is asked now and then.
LEVELS_QUICK = 5
# Levels of one tenant are at most 2,000.
LEVELS = 2_000

# Failures of a server in a row on the same batch before it is taken apart: one record may be what it fails on.
DOUBTFUL_TRIES = 6
