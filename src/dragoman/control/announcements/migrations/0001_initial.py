"""The first tables of this app."""

import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('notice', 'notice'), ('change', 'coming change'), ('base-address', 'base address')], default='notice', max_length=16)),
                ('title_en', models.CharField(blank=True, max_length=150)),
                ('text_en', models.TextField(blank=True)),
                ('title_ru', models.CharField(blank=True, max_length=150)),
                ('text_ru', models.TextField(blank=True)),
                ('from_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('lettered_at', models.DateTimeField(null=True)),
                ('lettered_to', models.BigIntegerField(default=0)),
                ('leased_until', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-from_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Base',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('address', models.CharField(max_length=500)),
            ],
        ),
    ]
