"""`python -m sitewatch`."""

from sitewatch.cli import main

if __name__ == "__main__":
    main()
