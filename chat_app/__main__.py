"""`python -m chat_app` is the command `workflow-chat`."""

import sys

from chat_app.cli import main

sys.exit(main())
